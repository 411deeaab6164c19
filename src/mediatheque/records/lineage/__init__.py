"""Rows about generations, their inputs and the edges between assets."""
