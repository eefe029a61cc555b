"""What proves the templates, from the emitted files alone."""
