"""Keeping results of other services: what they make, fetched before their URLs end.

A keep names a request of a provider, or its result. It is recorded before it is acknowledged, and a worker attempts it
until each output is an asset, or it is a dead letter that says why. Hooks take the providers' webhooks, which begin or
complete keeps. An output is identified by provider, request and place in the result, so it is one asset however
often it is announced.
"""
