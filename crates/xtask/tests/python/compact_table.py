"""Compacts a Delta table as another writer would: `compact_table.py URL`."""

import json
import sys

from deltalake import DeltaTable

print(json.dumps(DeltaTable(sys.argv[1]).optimize.compact()))
