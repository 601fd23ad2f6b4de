from setuptools import find_packages, setup

setup(
    name="kitt_learning",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"kitt_learning": ["py.typed", "speech/*.yaml", "text/*.yaml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/kitt_learning"]),
        ("share/kitt_learning", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="The KITT developers",
    maintainer_email="maintainers@users.noreply.github.com",
    description="Training of our own networks: data, recipe, export. Nothing on the robot needs it.",
    license="Apache-2.0",
    extras_require={"test": ["pytest"]},
    entry_points={"console_scripts": []},
)
