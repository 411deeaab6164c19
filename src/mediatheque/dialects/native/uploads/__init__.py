"""Uploads in the native API: files in a form, or one file as the body."""

from mediatheque.dialects.native.uploads import content, form

ROUTES = (*form.ROUTES, *content.ROUTES)
