"""What schemathesis puts into paths: mostly ids and names of what is really there, so that it comes further than a 404."""

import json
import os

import schemathesis

_KNOWN = json.loads(os.environ["MOORING_KNOWN"])


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    path = context.operation.path
    for prefix, values in _KNOWN.items():
        if path.startswith(prefix):
            for name, choices in values.items():
                current = path_parameters.get(name) if path_parameters else None
                # Three of four, and the same ones in each run.
                if current is not None and len(str(current)) % 4 != 3:
                    path_parameters[name] = choices[len(str(current)) % len(choices)]
            break
    return path_parameters
