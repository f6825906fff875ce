# For builders such as docker, podman or buildah; `make image` itself needs none. Both put the same files into the image:
#
#   make image && docker build -t fairlead.dev/fairlead:0.1.0 .
FROM scratch
COPY build/image/rootfs/ /
WORKDIR /app
ENTRYPOINT ["/usr/bin/node"]
