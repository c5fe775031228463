"""What every room shares: connection strings, the evidence schema, time and errors."""
