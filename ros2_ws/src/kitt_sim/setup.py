from setuptools import find_packages, setup

setup(
    name="kitt_sim",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"kitt_sim": ["py.typed", "scenarios/library/*.yaml", "scenarios/lines/*.flac"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/kitt_sim"]),
        ("share/kitt_sim", ["package.xml"]),
    ],
    install_requires=["setuptools", "PyYAML", "protobuf", "pydantic"],
    zip_safe=True,
    maintainer="The KITT developers",
    maintainer_email="maintainers@users.noreply.github.com",
    description="The built-in simulator: street, car, camera, laser scan and ground truth.",
    license="Apache-2.0",
    extras_require={"test": ["pytest"]},
    entry_points={
        "console_scripts": [
            "simulator_node = kitt_sim.nodes.simulator_node:main",
            "gazebo_node = kitt_sim.nodes.gazebo_node:main",
            "harmonic_node = kitt_sim.nodes.harmonic_node:main",
        ]
    },
)
