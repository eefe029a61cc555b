"""Deploy stacks to AWS, operate them and delete them."""
