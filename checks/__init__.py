"""Checks of the templates, from the written files alone."""
