# The server, the workers and migrate run from this one image: `docker run almanac server|worker|migrate|…`
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --include=dev --ignore-scripts
COPY . .
RUN npm run build

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without the embedded PostgreSQL: the image needs DATABASE_URL.
RUN npm ci --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY cli cli
COPY server server
COPY worker worker
COPY process process
COPY shared shared
COPY sql sql
COPY tasks tasks
USER node
EXPOSE 5678
ENTRYPOINT ["node", "cli/almanac.mjs"]
CMD ["server"]
