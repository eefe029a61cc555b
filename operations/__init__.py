"""From templates to running stacks and back: what talks to AWS."""
