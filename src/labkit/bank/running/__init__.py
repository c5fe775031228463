"""The whole bank on one machine: its database, its books, its web processes; opened, watched, and closed.

    with open_bank(folder, hosts=3) as bank:
        bank.urls                                  # one of each web process; they change with scale()
        bank.deploy("1.8.0", {"DATABASE_URL": "..."})
        bank.rollback()
        bank.collect(out)                          # the evidence, in the files that labkit.load reads

``attach(folder)`` gives the same handle in another process, for as long as the bank is open. Root needs a
folder that everybody may pass through, for PostgreSQL then runs as ``nobody``.
"""

from labkit.bank.running.bank import Bank as Bank
from labkit.bank.running.opening import attach as attach
from labkit.bank.running.opening import open_bank as open_bank
from labkit.bank.running.place import default_folder as default_folder
from labkit.bank.running.state import State as State
from labkit.bank.running.stopping import stop_bank as stop_bank
