"""Prices as data: shipped files, a user's own files, and AWS's price list."""
