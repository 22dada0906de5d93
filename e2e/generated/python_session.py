"""Asks with the client that was made of the API's description."""

import os

from mooring_client import AuthenticatedClient
from mooring_client.api.databases import databases_get, databases_list
from mooring_client.models import ClusterList, Error

client = AuthenticatedClient(base_url=os.environ["MOORING_URL"], token=os.environ["MOORING_TOKEN"])
missing = databases_get.sync("nobody", client=client)
assert isinstance(missing, Error) and missing.id == "not_found", missing
clusters = databases_list.sync(client=client, page=1, per_page=5)
assert isinstance(clusters, ClusterList), clusters
print(f"clusters: {clusters.meta.total}")
