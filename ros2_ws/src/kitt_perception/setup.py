from setuptools import find_packages, setup

setup(
    name="kitt_perception",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"kitt_perception": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/kitt_perception"]),
        ("share/kitt_perception", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="The KITT developers",
    maintainer_email="maintainers@users.noreply.github.com",
    description="The eyes: camera, detector and tracker.",
    license="Apache-2.0",
    extras_require={"test": ["pytest"]},
    entry_points={
        "console_scripts": [
            "camera_node = kitt_perception.nodes.camera_node:main",
            "detector_node = kitt_perception.nodes.detector_node:main",
        ]
    },
)
