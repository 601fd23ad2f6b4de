from setuptools import find_packages, setup

setup(
    name="kitt_control",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"kitt_control": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/kitt_control"]),
        ("share/kitt_control", ["package.xml"]),
    ],
    install_requires=["setuptools", "numpy"],
    zip_safe=True,
    maintainer="The KITT developers",
    maintainer_email="maintainers@users.noreply.github.com",
    description="The controller that decides and the safety gate that alone may move the car.",
    license="Apache-2.0",
    extras_require={"test": ["pytest", "hypothesis"]},
    entry_points={
        "console_scripts": [
            "safety_gate_node = kitt_control.nodes.safety_gate_node:main",
            "controller_node = kitt_control.nodes.controller_node:main",
            "pwm_car_node = kitt_control.nodes.pwm_car_node:main",
        ]
    },
)
