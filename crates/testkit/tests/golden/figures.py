"""Makes faces.json: what the engine should find, by an implementation of its own.

    pip install numpy pillow onnxruntime
    python figures.py MODELS_DIR > faces.json

MODELS_DIR is the models' cache after `personhood models pull` and one run of the tests (which fetch the photos).
"""

import glob
import json
import math
import sys

import numpy as np
import onnxruntime
from PIL import Image

FACES = {
    "ana": (3, (1330, 60, 590, 700)),
    "eva": (6, (1400, 80, 520, 680)),
    "mia": (6, (520, 200, 520, 580)),
}
MODELS = {
    "detector": ("yunet", "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10"),
    "embedder": ("sface", "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee"),
    "liveness": ("fr-liveness", "afa783b7e902fdfcf323a7240cac2a1c580c25314ea4161129dc1b0d100dc32d"),
}
CONFIDENCE, OVERLAP = 0.7, 0.3
LOOKS = [(2.0, 192), (2.0, 256)]
TEMPLATE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
GAIN, ODDS, CONTEXT = 0.5, 0.538, 2.7

folder = sys.argv[1]
run = {r: onnxruntime.InferenceSession(glob.glob(f"{folder}/{n}-*.onnx")[0]) for r, (n, _) in MODELS.items()}


def infer(role, planes):
    session = run[role]
    return session.run(None, {session.get_inputs()[0].name: planes[None].astype(np.float32)})


def taps(start, length, count, samples, limit):
    step = length / (count * samples)
    return np.clip(start + (np.arange(count * samples) + 0.5) * step - 0.5, 0, limit - 1)


def planes(image, box, size, bgr):
    """A part of an image as planes of 0-255: interpolated, or averaged over nearest pixels where it is made smaller."""
    (left, top, right, bottom), (columns, rows) = box, size
    pixels = np.asarray(image, dtype=np.float32)
    n = int(min(max(round(max((right - left) / columns, (bottom - top) / rows)), 1), 4))
    across = taps(left, right - left, columns, n, image.width)
    down = taps(top, bottom - top, rows, n, image.height)
    if n > 1:
        values = pixels[np.floor(down + 0.5).astype(int)][:, np.floor(across + 0.5).astype(int)]
        values = values.reshape(rows, n, columns, n, 3).mean(axis=(1, 3))
    else:
        x, y = np.floor(across).astype(int), np.floor(down).astype(int)
        wx, wy = (across - x)[None, :, None], (down - y)[:, None, None]
        x1, y1 = np.minimum(x + 1, image.width - 1), np.minimum(y + 1, image.height - 1)
        upper = pixels[y][:, x] * (1 - wx) + pixels[y][:, x1] * wx
        lower = pixels[y1][:, x] * (1 - wx) + pixels[y1][:, x1] * wx
        values = upper * (1 - wy) + lower * wy
    return (values[:, :, ::-1] if bgr else values).transpose(2, 0, 1)


def detect(image, region, side):
    left, top, right, bottom = region
    shrink = max(right - left, bottom - top) / side
    columns, rows = max(1, round((right - left) / shrink)), max(1, round((bottom - top) / shrink))
    width, height = -(-columns // 32) * 32, -(-rows // 32) * 32
    grid = np.zeros((3, height, width), np.float32)
    grid[:, :rows, :columns] = planes(image, region, (columns, rows), True)
    out = infer("detector", grid)
    sx, sy = (right - left) / columns, (bottom - top) / rows
    found = []
    for level, stride in enumerate((8, 16, 32)):
        cls, obj, box, points = (out[level + 3 * k][0] for k in range(4))
        score = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
        for cell in np.nonzero(score >= CONFIDENCE)[0]:
            column, row = cell % (width // stride), cell // (width // stride)
            w, h = math.exp(box[cell, 2]) * stride * sx, math.exp(box[cell, 3]) * stride * sy
            x = (column + box[cell, 0]) * stride * sx - w / 2 + left
            y = (row + box[cell, 1]) * stride * sy - h / 2 + top
            marks = [
                ((points[cell, 2 * k] + column) * stride * sx + left, (points[cell, 2 * k + 1] + row) * stride * sy + top)
                for k in range(5)
            ]
            found.append((float(score[cell]), (x, y, w, h), np.array(marks)))
    found.sort(key=lambda f: -f[0])
    kept = []
    for face in found:
        if all(overlap(face[1], k[1]) <= OVERLAP for k in kept):
            kept.append(face)
    return kept


def overlap(a, b):
    across = max(0.0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    down = max(0.0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
    return across * down / (a[2] * a[3] + b[2] * b[3] - across * down)


def look_closer(image, face):
    _, box, marks = face
    seen = []
    for context, side in LOOKS:
        half = context * max(box[2], box[3]) / 2
        x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
        region = (max(0, x - half), max(0, y - half), min(image.width, x + half), min(image.height, y + half))
        same = [f for f in detect(image, region, side) if overlap(f[1], box) >= 0.4]
        if same:
            seen.append(max(same, key=lambda f: overlap(f[1], box))[2])
    return np.mean(seen, axis=0) if seen else marks


def align(image, marks):
    """The least-squares similarity from the template to the landmarks, by a linear system; sampled four times as finely
    and averaged, so that what is made smaller does not alias."""
    rows, right = [], []
    for (u, v), (x, y) in zip(TEMPLATE, marks):
        rows += [[u, -v, 1, 0], [v, u, 0, 1]]
        right += [x, y]
    a, b, tx, ty = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    # Pillow counts from the corners of pixels, the similarity from their middles.
    tx, ty = tx + (1 - a + b) / 2, ty + (1 - a - b) / 2
    a, b = a / 4, b / 4
    fine = image.transform((448, 448), Image.Transform.AFFINE, (a, -b, tx, b, a, ty), Image.Resampling.BILINEAR)
    return fine.reduce(4)


def embed(image, marks):
    crop = np.asarray(align(image, marks), dtype=np.float32).transpose(2, 0, 1)
    vector = infer("embedder", crop)[0][0]
    return vector / np.linalg.norm(vector)


def liveness(image, box):
    side = min(CONTEXT * box[3], image.width, image.height)
    left = min(max(box[0] + box[2] / 2 - side / 2, 0), image.width - side)
    top = min(max(box[1] + box[3] / 2 - side / 2, 0), image.height - side)
    logits = infer("liveness", planes(image, (left, top, left + side, top + side), (128, 128), True))[0][0]
    e = np.exp(logits - logits.max())
    p = float(np.clip(e[0] / e.sum(), 1e-12, 1 - 1e-7))
    return 1 / (1 + ((1 - p) / p) ** GAIN * ODDS)


def figures(photo, crop):
    x, y, w, h = crop
    image = Image.open(glob.glob(f"{folder}/*-sample{photo}.jpg")[0]).convert("RGB").crop((x, y, x + w, y + h))
    face = max(detect(image, (0, 0, w, h), 320), key=lambda f: f[1][3])
    marks = look_closer(image, face)
    return {
        "photo": photo,
        "crop": list(crop),
        "box": [round(v, 1) for v in face[1]],
        "landmarks": [[round(float(v), 1) for v in mark] for mark in marks],
        "livenessScore": round(liveness(image, face[1]), 4),
        "template": [round(float(v), 5) for v in embed(image, marks)],
    }


print(
    json.dumps(
        {
            "note": "Computed by figures.py, an implementation of its own with NumPy, Pillow and ONNX Runtime.",
            "models": {role: digest for role, (_, digest) in MODELS.items()},
            "faces": {name: figures(*face) for name, face in FACES.items()},
        }
    )
)
