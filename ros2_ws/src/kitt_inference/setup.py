from pathlib import Path

from setuptools import find_packages, setup

# A link to the repository's models folder: installed, so that a built workspace finds them with no checkout beside it.
# Not "../../../models": with --symlink-install colcon lays links by that path outside of its build folder.
MODELS = Path("resource/models")


def model_files():
    """Cards, labels and the networks that are shipped, as data_files for share/kitt_inference/models."""
    files = [MODELS / "README.md", *MODELS.glob("*/card.md"), *MODELS.glob("labels/*.txt"), *MODELS.glob("*/*.onnx")]
    files += [*MODELS.glob("*/*.json"), *MODELS.glob("kitt_*/pieces.model"), *MODELS.glob("kitt_*/*.txt")]
    files += MODELS.glob("frames/*.jpg")  # what new engines are compared on
    return [
        ((Path("share/kitt_inference/models") / file.parent.relative_to(MODELS)).as_posix(), [file.as_posix()])
        for file in sorted(files)
        if file.is_file()
    ]


setup(
    name="kitt_inference",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"kitt_inference": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/kitt_inference"]),
        ("share/kitt_inference", ["package.xml"]),
        *model_files(),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="The KITT developers",
    maintainer_email="maintainers@users.noreply.github.com",
    description="Sessions, model zoo and detection heads: plain Python, no ROS.",
    license="Apache-2.0",
    extras_require={"test": ["pytest"]},
    entry_points={"console_scripts": []},
)
