"""What a run does when the world around it breaks: one file a kind.

`test_readers.py`: who reads an output leaves. `test_standard_streams.py`: some are closed from the start.
`test_existing_outputs.py`: files that are there, locked, or models. `test_full_disk.py`: text files end in whole lines.
`test_signals.py`: Ctrl-C and SIGTERM at any moment. `test_network.py`: nothing is sent anywhere.

The page `docs/what-happens.md` names these tests. Runs are processes of their own (`program_runs.py`).
"""

import pytest


@pytest.fixture(autouse=True)
def _one_model_folder(_shipped_models: None) -> None:
    """Every process opens the shipped models."""
