# syntax=docker/dockerfile:1
# The server alone (`rtd-server`), on port 8080, with its data in /data.
#   docker build -t rtd-server .
#   docker run -p 8080:8080 -v rtd-data:/data -e RTD_AUTH=jwt -e RTD_JWT_SECRET=... rtd-server
# It listens for everybody, so it does not start before RTD_AUTH says who may be whom.

FROM node:24-slim AS manifests
WORKDIR /rtd
COPY package.json package-lock.json .npmrc ./
COPY packages/protocol/package.json packages/protocol/
COPY packages/client/package.json packages/client/
COPY packages/server/package.json packages/server/
COPY packages/tui/package.json packages/tui/
COPY packages/cli/package.json packages/cli/

FROM manifests AS build
RUN npm ci --ignore-scripts
COPY tsconfig.base.json ./
COPY packages/protocol packages/protocol
COPY packages/server packages/server
RUN npx tsc -b packages/server

# What is optional is Node itself, which this image has.
FROM manifests AS production
RUN npm ci --ignore-scripts --omit=dev --omit=optional --workspace @rtd/protocol --workspace @rtd/server

FROM node:24-slim
LABEL org.opencontainers.image.title="rtd-server" org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production RTD_HOST=0.0.0.0 RTD_PORT=8080 RTD_DATA_DIR=/data RTD_LOG_FORMAT=json
WORKDIR /rtd
COPY --from=production /rtd/node_modules node_modules
COPY --from=production /rtd/packages/protocol packages/protocol
COPY --from=production /rtd/packages/server packages/server
COPY packages/server/bin packages/server/bin
COPY packages/server/migrations packages/server/migrations
COPY --from=build /rtd/packages/protocol/dist packages/protocol/dist
COPY --from=build /rtd/packages/server/dist packages/server/dist
RUN ln -s /rtd/packages/server/bin/rtd-server.js /usr/local/bin/rtd-server && install -d -o node -g node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.RTD_PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# In exec form: SIGTERM reaches the server itself, which then lets everybody go in order, within 25 s.
ENTRYPOINT ["rtd-server"]
