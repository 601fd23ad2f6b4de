from setuptools import find_packages, setup

setup(
    name="kitt_voice",
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"kitt_voice": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/kitt_voice"]),
        ("share/kitt_voice", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=True,
    maintainer="The KITT developers",
    maintainer_email="maintainers@users.noreply.github.com",
    description="The ears and the voice: microphone, recogniser of spoken commands, speaker.",
    license="Apache-2.0",
    extras_require={"test": ["pytest"]},
    entry_points={
        "console_scripts": [
            "microphone_node = kitt_voice.nodes.microphone_node:main",
            "recogniser_node = kitt_voice.nodes.recogniser_node:main",
            "speaker_node = kitt_voice.nodes.speaker_node:main",
        ]
    },
)
