"""Read evidence files into DuckDB and ask them questions; never knows what made them."""
