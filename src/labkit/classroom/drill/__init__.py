"""The incident played on the running bank: real users, a real mistake, real evidence, in a few minutes."""
