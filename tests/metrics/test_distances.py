"""Scores of pictures: independent references, scenarios that pin the arguments, any batch size."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.stats import bootstrap
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, decode
from s2f_core.data.assets import fetch
from s2f_core.metrics import bootstrap as resampling
from s2f_core.metrics.distances import fid, fid_interval, kid, kid_interval
from s2f_core.metrics.diversity import DIVERSITY, as_vectors
from s2f_core.metrics.inception import Features
from s2f_core.metrics.pixels import PIXEL_DIFFERENCE
from s2f_core.metrics.registry import OF_PAIRS
from s2f_core.metrics.ssim import PSNR, SSIM
from s2f_core.metrics.types import PairedScore, Sample, Values

PAIRED = {
    name: score
    for name, score in OF_PAIRS.items()
    if isinstance(score, PairedScore) and score.space is None
}


@pytest.fixture
def noisy(faces: Pixels) -> Pixels:
    """The faces with noise, more in each than in the one before."""
    random = np.random.default_rng(1)
    noise = random.normal(0, 1, faces.shape) * np.arange(1, 41)[:, None, None, None]
    return np.asarray((faces + noise).clip(0, 255)).astype(np.uint8)


def _features(n: int, shift: float = 0.0, d: int = 24) -> Values:
    random = np.random.default_rng(n)
    return np.asarray(random.normal(shift, 1, (n, d)) @ np.diag(np.linspace(0.1, 2, d)))


def test_paired_scores_equal_scikit_images(faces: Pixels, noisy: Pixels) -> None:
    """SSIM with the paper's Gaussian window over reflected borders; PSNR in dB."""
    for row in (0, 20, 39):
        expected = structural_similarity(
            np.pad(noisy[row], ((5, 5), (5, 5), (0, 0)), mode="reflect"),
            np.pad(faces[row], ((5, 5), (5, 5), (0, 0)), mode="reflect"),
            channel_axis=2,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
        )
        assert SSIM(noisy, faces)[row] == pytest.approx(expected, abs=4e-6)
        channels = [SSIM(noisy[..., i : i + 1], faces[..., i : i + 1])[row] for i in range(3)]
        assert np.mean(channels) == pytest.approx(expected, abs=4e-6)
        expected = peak_signal_noise_ratio(faces[row], noisy[row], data_range=255)
        assert PSNR(noisy, faces)[row] == pytest.approx(expected, abs=1e-4)


def test_pixel_difference_by_hand() -> None:
    """Black against white is 1; one of four values off by 51 is 0.05."""
    black = np.zeros((1, 1, 4, 1), np.uint8)
    assert PIXEL_DIFFERENCE(black, black + np.uint8(255)).tolist() == [1.0]
    other = black.copy()
    other[0, 0, 0] = 51
    assert PIXEL_DIFFERENCE(other, black).tolist() == [pytest.approx(0.05)]


@pytest.mark.parametrize("name", PAIRED)
def test_paired_scores_say_which_way_is_better(name: str, faces: Pixels, noisy: Pixels) -> None:
    """Equal images score best; more noise scores worse; one at a time gives the same."""
    score = PAIRED[name]
    sign = 1 if score.higher_is_better else -1
    equal, worse = sign * score(faces, faces), sign * score(noisy, faces)
    assert (equal >= worse).all()
    assert (equal > worse)[4:].all()  # a share of far pixels may be 0 where the noise is weak
    assert worse[1] > worse[39]
    alone = [score(noisy[i : i + 1], faces[i : i + 1])[0] for i in range(4)]
    assert score(noisy[:4], faces[:4]) == pytest.approx(alone)
    low, high = score.range
    assert low is None or (sign * worse >= low).all()
    assert high is None or (sign * equal <= high).all()


def test_paired_scores_refuse_two_shapes(faces: Pixels) -> None:
    """Thirty-nine outputs and forty targets."""
    with pytest.raises(ValueError, match="differ in shape"):
        SSIM(faces[1:], faces)


@pytest.mark.parametrize(("n", "m"), [(15, 11), (200, 150), (15, 150)])
def test_fid_is_the_textbook_formula(n: int, m: int) -> None:
    """With fewer and with more images than dimensions, against scipy's matrix square root."""
    x, y = _features(n), _features(m, 0.5)
    sx, sy = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    mean = ((x.mean(axis=0) - y.mean(axis=0)) ** 2).sum()
    expected = mean + np.trace(sx + sy - 2 * np.real(sqrtm(sx @ sy + 1e-12 * np.eye(24))))
    assert fid(x, y) == pytest.approx(expected, rel=1e-4)
    assert fid(x, y) == pytest.approx(fid(y, x))
    assert fid(x, x) == pytest.approx(0, abs=1e-9)


def test_kid_is_the_unbiased_mmd() -> None:
    """All pairs by hand, the kernel (x·y / d + 1)³."""
    x, y = _features(12), _features(12, 0.5)

    def kernel(a: Values, b: Values) -> float:
        return float((a @ b / 24 + 1) ** 3)

    def within(a: Values) -> float:
        return float(np.mean([kernel(a[i], a[j]) for i in range(12) for j in range(12) if i != j]))

    between = np.mean([kernel(a, b) for a in x for b in y])
    assert kid(x, y) == pytest.approx(within(x) + within(y) - 2 * between, rel=1e-6)


def test_fid_and_kid_are_torch_fidelitys() -> None:
    """The library's own functions on the same features; KID with one subset of all images."""
    x, y = _features(60), _features(70, 0.5)
    statistics = fid_features_to_statistics(torch.from_numpy(x))
    others = fid_features_to_statistics(torch.from_numpy(y))
    expected = fid_statistics_to_metric(statistics, others, verbose=False)
    assert fid(x, y) == pytest.approx(expected["frechet_inception_distance"], rel=1e-6)
    z = y[:60]
    found = kid_features_to_metric(
        torch.from_numpy(x),
        torch.from_numpy(z),
        kid_subsets=1,
        kid_subset_size=60,
        kid_kernel="poly",
        kid_degree=3,
        kid_gamma=None,
        kid_coef0=1,
        rng_seed=0,
        verbose=False,
    )
    assert kid(x, z) == pytest.approx(found["kernel_inception_distance_mean"], rel=1e-6)


def test_intervals_hold_the_value_and_are_repeatable() -> None:
    """The value lies inside; the same generator gives the same; more images, narrower."""
    for value, interval in ((fid, fid_interval), (kid, kid_interval)):
        widths = []
        for n in (60, 240):
            x, y = _features(n), _features(n + 1, 0.5)
            found = value(x, y)
            low, high = interval(x, y, np.random.default_rng(0), found)
            assert low < found < high
            assert interval(x, y, np.random.default_rng(0), found) == (low, high)
            widths.append(high - low)
        assert widths[1] < widths[0]


def test_kid_of_two_samples_of_one_source_is_about_zero() -> None:
    """The interval holds zero, although each resample repeats images."""
    x, y = _features(150), _features(151)
    low, high = kid_interval(x, y, np.random.default_rng(0), kid(x, y))
    assert low < 0 < high


def test_intervals_are_scipys() -> None:
    """The same draws as its bootstrap makes, of a mean and of a statistic of two sets."""
    x, y = _features(30)[:, 0], _features(20, 0.5)[:, 0]
    expected = bootstrap((x,), np.mean, n_resamples=1000, method="percentile", rng=_seeded())
    ends = expected.confidence_interval
    assert resampling.of_mean(x, _seeded()) == pytest.approx((ends.low, ends.high))

    def apart(rows: resampling.Rows, others: resampling.Rows) -> float:
        return float(x[rows].mean() - y[others].mean())

    indices = (np.arange(30), np.arange(20))
    expected = bootstrap(
        indices, apart, vectorized=False, n_resamples=200, method="percentile", rng=_seeded()
    )
    found = resampling.of_sets(apart, (30, 20), _seeded())
    assert found == pytest.approx(expected.bootstrap_distribution)


def _seeded() -> np.random.Generator:
    return np.random.default_rng(3)


def test_diversity_of_copies_is_nothing_and_of_the_like_is_one(faces: Pixels) -> None:
    """One image over and over; the same images; half the contrast; the interval holds it."""
    real, half = as_vectors(faces), as_vectors(faces // 2)
    assert DIVERSITY.value(np.repeat(real[:1], 40, axis=0), real) == pytest.approx(0, abs=1e-6)
    assert DIVERSITY.value(real[::-1], real) == pytest.approx(1)
    value = DIVERSITY.value(half, real)
    assert value == pytest.approx(0.5, abs=0.01)
    low, high = DIVERSITY.interval(half, real, _seeded(), value)
    assert low < value < high


def test_a_space_is_entered_once(faces: Pixels) -> None:
    """Two scores of one space compute an image's vector once; figures have six digits."""
    calls: list[int] = []

    def counted(images: Pixels) -> Values:
        calls.append(len(images))
        return as_vectors(images)

    made, real = (Sample(each, {"pixels": counted}) for each in (faces[:20], faces))
    figure = DIVERSITY.measure(made, real)
    assert replace(DIVERSITY, title="again").measure(made, real) == figure
    assert calls == [20, 40]
    assert figure["n"] == 20
    assert figure["value"] == float(f"{figure['value']:.6g}")


def test_a_missing_or_wrong_network_is_explained(tmp_path: Path, faces: Pixels) -> None:
    """No file; a file that is not the network; neither is looked at before it is needed."""
    with pytest.raises(UserError, match="cannot be read"):
        Features(tmp_path / "none.pt")(faces)
    (tmp_path / "bad.pt").write_bytes(b"not torch")
    with pytest.raises(UserError, match="cannot be loaded"):
        Features(tmp_path / "bad.pt")(faces)


@pytest.fixture
def features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Features]:
    """The real network, from the user's own cache of fetched files."""
    with monkeypatch.context() as patch:
        patch.delenv("S2F_CACHE")
        weights = fetch("inception", tmp_path) / "inception.pt"
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield Features(weights)
    torch.set_num_threads(threads)


@pytest.mark.slow
def test_features_of_the_astronaut(features: Features) -> None:
    """The TensorFlow Inception's pool features, computed independently through torch-fidelity."""
    from skimage.data import astronaut

    found = features(astronaut()[None])[0]
    expected = [1.00532, 0.53132, 0.28142, 0.33327, 0.19974, 0.56447, 0.61968, 0.05865]
    assert found[:8] == pytest.approx(expected, abs=1e-4)
    assert found.mean() == pytest.approx(0.36401, abs=1e-5)
    assert np.linalg.norm(found) == pytest.approx(20.81055, abs=1e-4)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fid_and_kid_of_real_faces(
    features: Features, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CelebA 301-600 against 1-300 at 64 px: FID 52.089, KID -0.0005, found independently.

    And features are cached: the second call needs no network.
    """
    from PIL import Image

    with monkeypatch.context() as patch:
        patch.delenv("S2F_CACHE")
        fetch("celeba-1k", tmp_path)
    with ZipFile(tmp_path / "celeba-1k.zip") as archive:
        faces = [decode(archive.read(name)) for name in sorted(archive.namelist())[:600]]
    photos = [Image.fromarray(face[20:198]) for face in faces]
    small = np.stack(
        [np.asarray(photo.resize((64, 64), Image.Resampling.LANCZOS)) for photo in photos]
    )
    first, second = features(small[:300]), features(small[300:])
    assert fid(second, first) == pytest.approx(52.089, abs=0.01)
    assert kid(second, first) == pytest.approx(-0.0005, abs=0.0009)
    monkeypatch.setattr(Features, "_compute", None)
    assert (features(small[:300]) == first).all()
