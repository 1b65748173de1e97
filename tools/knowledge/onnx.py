"""onnxruntime with its telemetry off.

Since 1.29 its Linux builds report each session to their maker unless this variable says no, and keep a device's id under
~/.cache (docs/Privacy.md of onnxruntime). It is read when the library is loaded, so whoever needs the library takes it from here.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort

__all__ = ["ort"]
