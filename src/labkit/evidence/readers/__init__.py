"""One reader a module: each knows one format and turns its lines into published records."""
