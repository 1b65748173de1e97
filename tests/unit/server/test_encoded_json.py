"""JSON that is encoded already, on its way through the encoder."""

import json
from typing import Any

import pytest

from server.wire_json import EncodedJson, encode


@pytest.mark.parametrize("beside", [1, 2**70, "\ud800", {(1, 2): 3}, {2**70}])
def test_encoded_json_is_sent_as_it_is_whatever_is_beside_it(beside: Any) -> None:
    encoded = encode({"state": EncodedJson('{"b":[1,"é"],"a":null}'), "beside": beside})
    assert json.loads(encoded)["state"] == {"b": [1, "é"], "a": None}


def test_encoded_json_keeps_its_order_and_its_numbers() -> None:
    assert (
        encode([EncodedJson('{"z":1.50,"a":12345678901234567890123}')]) == b'[{"z":1.50,"a":12345678901234567890123}]'
    )
