-- Who may enter the bank's database: its owner and the running bank. {database}, {app}: names.
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {app};
