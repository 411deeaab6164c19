"""Collections in the native API: manual ones in a tree, smart ones, characters, and what is in them."""

from mediatheque.dialects.native.collections import collections, members, tree

ROUTES = (*collections.ROUTES, *members.ROUTES, *tree.ROUTES)
