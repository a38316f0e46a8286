"""Scores by the names they have in metrics/*.json. A new one is a file and a line here."""

from s2f_core.metrics.classifier_score import CLASSIFIER_SCORE
from s2f_core.metrics.diversity import DIVERSITY
from s2f_core.metrics.drawing_error import DRAWING_ERROR
from s2f_core.metrics.edge_consistency import EDGE_CONSISTENCY
from s2f_core.metrics.energy_distance import ENERGY_DISTANCE
from s2f_core.metrics.face_kid import FACE_KID
from s2f_core.metrics.faces_found import FACES_FOUND
from s2f_core.metrics.fid import FID
from s2f_core.metrics.identity import IDENTITY
from s2f_core.metrics.kid import KID
from s2f_core.metrics.landmark_error import LANDMARK_ERROR
from s2f_core.metrics.lpips import LPIPS
from s2f_core.metrics.memorisation import MEMORISATION
from s2f_core.metrics.ms_ssim import MS_SSIM
from s2f_core.metrics.pixel_difference import PIXEL_DIFFERENCE, PIXEL_DIFFERENCE_L2
from s2f_core.metrics.precision_recall import COVERAGE, DENSITY, PRECISION, RECALL
from s2f_core.metrics.psnr import PSNR
from s2f_core.metrics.sharpness import SHARPNESS
from s2f_core.metrics.smiles_kept import SMILES_KEPT
from s2f_core.metrics.ssim import SSIM
from s2f_core.metrics.surface_error import SURFACE_ERROR
from s2f_core.metrics.types import Score

SET_SCORES: dict[str, Score] = {
    "fid": FID,
    "kid": KID,
    "precision": PRECISION,
    "recall": RECALL,
    "density": DENSITY,
    "coverage": COVERAGE,
    "classifier_score": CLASSIFIER_SCORE,
    "face_kid": FACE_KID,
}
PAIR_SCORES: dict[str, Score] = {
    **SET_SCORES,
    "lpips": LPIPS,
    "identity": IDENTITY,
    "ssim": SSIM,
    "ms_ssim": MS_SSIM,
    "psnr": PSNR,
    "pixel_difference": PIXEL_DIFFERENCE,
    "pixel_difference_l2": PIXEL_DIFFERENCE_L2,
    "edge_consistency": EDGE_CONSISTENCY,
    "landmark_error": LANDMARK_ERROR,
    "faces_found": FACES_FOUND,
    "sharpness": SHARPNESS,
}
SAMPLE_SCORES: dict[str, Score] = {
    **SET_SCORES,
    "diversity": DIVERSITY,
    "faces_found": FACES_FOUND,
    "drawing_error": DRAWING_ERROR,
    "smiles_kept": SMILES_KEPT,
    "sharpness": SHARPNESS,
    "memorisation": MEMORISATION,
}
SURFACE_SCORES: dict[str, Score] = {
    "surface_error": SURFACE_ERROR,
    "energy_distance": ENERGY_DISTANCE,
}
