"""What is known about AWS: data with source and date, and its typed readers."""
