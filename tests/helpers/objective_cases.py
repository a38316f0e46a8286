"""Every objective × every adversarial loss, and each other choice at least once."""

from typing import Any

LAST = {"best": "last"}
DCGAN: dict[str, Any] = {
    "generator": {"type": "dcgan"},
    "discriminator": {"type": "dcgan", "norm": "none"},
    "recipe": {**LAST, "jitter": 1.0, "flip": False},
}

FORMS: dict[str, dict[str, Any]] = {
    "pix2pix": {},
    "pix2pix hinge, features, spectral": {
        "objective": {"type": "pix2pix", "adversarial": "hinge", "lambda_features": 10},
        "discriminator": {"type": "patchgan", "layers": 2, "norm": "none", "spectral": True},
    },
    "pix2pix told palettes, identity": {
        "generator": {"type": "unet", "palette": True},
        "objective": {"type": "pix2pix", "lambda_identity": 5},
        "recipe": {"accumulate": 2},
    },
    "pix2pix affine, SSIM, two scales": {
        "generator": {"type": "unet", "affine": True},
        "discriminator": {"type": "patchgan", "layers": 2, "scales": 2},
        "objective": {"type": "pix2pix", "lambda_ssim": 30, "lambda_features": 10},
    },
    "pix2pix l2, R1, unconditional D": {
        "objective": {"type": "pix2pix", "reconstruction": "l2", "r1": 1, "conditional": False},
    },
    "pix2pix charbonnier, identity, least squares": {
        "objective": {
            "type": "pix2pix",
            "adversarial": "least-squares",
            "reconstruction": "charbonnier",
            "lambda_identity": 5,
        },
    },
    "pix2pix wgan-gp": {"objective": {"type": "pix2pix", "adversarial": "wgan-gp"}},
    "pix2pix simultaneous, features, R1": {
        "objective": {"type": "pix2pix", "updates": "simultaneous", "lambda_features": 10, "r1": 1},
    },
    "pix2pix simultaneous, wgan-gp, unconditional D": {
        "objective": {
            "type": "pix2pix",
            "updates": "simultaneous",
            "adversarial": "wgan-gp",
            "conditional": False,
        },
        "recipe": {"accumulate": 2, "gd_ratio": 2},
    },
    "pix2pix, all of the recipe": {
        "recipe": {
            "optimiser": "adamw",
            "weight_decay": 0.01,
            "clip": 1.0,
            "accumulate": 2,
            "smoothing": 0.1,
            "noise": 0.1,
            "augment": ["colour", "translation", "cutout"],
            "ema": 0.9,
            "init": "orthogonal",
            "schedule": {"type": "gate", "window": 1, "tolerance": 0.5},
        },
    },
    "pix2pix projected beside patches, perceptual": {
        "discriminator": {
            "type": "several",
            "of": [{"type": "patchgan", "layers": 2}, {"type": "projected", "channels": 8}],
        },
        "objective": {
            "type": "pix2pix",
            "updates": "simultaneous",
            "lambda_features": 10,
            "lambda_perceptual": 20,
        },
    },
    "pix2pix perceptual, alternating": {
        "objective": {"type": "pix2pix", "lambda_perceptual": 20},
    },
    "pix2pix projected and perceptual, enlarged": {
        "discriminator": {"type": "projected", "channels": 8, "backbone": {"enlarge": 2}},
        "objective": {
            "type": "pix2pix",
            "updates": "simultaneous",
            "lambda_perceptual": 10,
            "perceptual": {"enlarge": 2},
        },
    },
    "cyclegan projected, hinge": {
        "discriminator": {"type": "projected", "channels": 8},
        "objective": {"type": "cyclegan", "adversarial": "hinge"},
    },
    "unconditional projected, R1": {
        **DCGAN,
        "discriminator": {"type": "projected", "channels": 8},
        "objective": {"type": "unconditional", "r1": 0.1},
    },
    "cyclegan": {
        "generator": {"type": "resnet", "blocks": 1, "dropout": 0.5},
        "objective": {"type": "cyclegan", "pool": 6},
    },
    "cyclegan vanilla, no identity, ema, sgd": {
        "objective": {"type": "cyclegan", "adversarial": "vanilla", "lambda_identity": 0},
        "recipe": {"ema": 0.9, "optimiser": "sgd", "momentum": 0.9, "gd_ratio": 2},
    },
    "cyclegan hinge, l2": {
        "objective": {"type": "cyclegan", "adversarial": "hinge", "cycle": "l2"},
        "recipe": {"accumulate": 2},
    },
    "cyclegan wgan-gp": {"objective": {"type": "cyclegan", "adversarial": "wgan-gp"}},
    "unconditional": {**DCGAN, "objective": {"type": "unconditional"}},
    "unconditional wgan-gp": {
        **DCGAN,
        "objective": {"type": "unconditional", "adversarial": "wgan-gp"},
        "recipe": {**DCGAN["recipe"], "gd_ratio": 0.5, "head_start": 1},
    },
    "unconditional hinge, R1": {
        **DCGAN,
        "objective": {"type": "unconditional", "adversarial": "hinge", "r1": 0.1},
    },
    "unconditional least squares, fully connected": {
        "generator": {"type": "fc"},
        "discriminator": {"type": "fc"},
        "objective": {"type": "unconditional", "adversarial": "least-squares"},
        "recipe": DCGAN["recipe"],
    },
}
