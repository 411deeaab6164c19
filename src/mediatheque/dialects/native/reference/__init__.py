"""The reference page of the native API: HTML made of the OpenAPI document, without scripts or foreign hosts."""
