# A server of Slipway: docker build -t slipway . && docker run -p 8080:8080 -e SLIPWAY_TOKEN=... -v slipway:/data slipway
FROM node:26-slim AS build
WORKDIR /src
COPY . .
RUN npm ci && npm run pack

FROM node:26-slim
WORKDIR /app
COPY --from=build /src/out/*.tgz /tmp/
RUN npm install --omit=optional --onnxruntime-node-install=skip /tmp/*.tgz && rm /tmp/*.tgz \
  && mkdir /data && chown node:node /data
USER node
ENV SLIPWAY_DATA=/data NODE_ENV=production
VOLUME /data
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=3s CMD node -e "fetch('http://127.0.0.1:8080/health/ready').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"
# The server answers others than this container only with a token: SLIPWAY_TOKEN is the first one.
# Not through npx: it would not pass on the signal that asks for an orderly end.
ENTRYPOINT ["/app/node_modules/.bin/slipway"]
CMD ["up", "--host", "0.0.0.0"]
