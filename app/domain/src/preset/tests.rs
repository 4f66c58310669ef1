//! Whole Dockerfiles, as they are written.

use crate::detect::plan;
use crate::detect::tests::looked;
use expect_test::{Expect, expect};

fn check(files: &[(&str, &str)], file: &str, expected: Expect) {
    let (tree, config) = looked(files, file);
    let plan = plan(&tree, &config).expect("a plan");
    expected.assert_eq(&plan.dockerfile.expect("a Dockerfile"));
}

#[test]
fn p6_node() {
    let package = r#"{"scripts": {"start": "node server.js", "build": "tsc"}, "devDependencies": {"typescript": "5"}}"#;
    check(
        &[
            ("package.json", package),
            ("package-lock.json", ""),
            (".npmrc", ""),
        ],
        "build: {args: {API_URL: x}}\nport: 3000\n",
        expect![[r##"
            # Node.js: package.json has a start script.
            # Written by Sealdock. A Dockerfile in the repository takes its place.
            FROM node:22-slim AS build
            LABEL sealdock.stage=build
            WORKDIR /app
            ENV PATH=/app/node_modules/.bin:$PATH
            ARG API_URL
            COPY package.json package-lock.json .npmrc ./
            RUN npm ci
            COPY . .
            RUN npm run build
            RUN npm prune --omit=dev

            FROM node:22-slim
            ENV PATH=/app/node_modules/.bin:$PATH NODE_ENV=production
            COPY --from=build --chown=1000:1000 /app /app
            WORKDIR /app
            USER 1000:1000
            EXPOSE 3000
            CMD ["node","server.js"]
        "##]],
    );
}

#[test]
fn p6_node_whose_install_needs_more_than_its_manifests() {
    let package = r#"{"workspaces": ["a"], "scripts": {"start": "next start -p $PORT"}}"#;
    check(
        &[("package.json", package), ("pnpm-lock.yaml", "")],
        "build: {images: {node: 'mirror/node:22'}}",
        expect![[r##"
            # Node.js: package.json has a start script.
            # Written by Sealdock. A Dockerfile in the repository takes its place.
            FROM mirror/node:22 AS build
            LABEL sealdock.stage=build
            WORKDIR /app
            ENV PATH=/app/node_modules/.bin:$PATH
            COPY . .
            RUN corepack enable && pnpm install --frozen-lockfile

            FROM mirror/node:22
            ENV PATH=/app/node_modules/.bin:$PATH NODE_ENV=production
            COPY --from=build --chown=1000:1000 /app /app
            WORKDIR /app
            USER 1000:1000
            EXPOSE 8080
            CMD ["/bin/sh","-c","next start -p $PORT"]
        "##]],
    );
}

#[test]
fn p6_nextjs() {
    let package = r#"{"scripts": {"start": "next start", "build": "next build"}}"#;
    check(
        &[
            ("package.json", package),
            ("next.config.ts", ""),
            ("yarn.lock", ""),
        ],
        "",
        expect![[r##"
            # Next.js: the repository has `next.config.ts`.
            # Written by Sealdock. A Dockerfile in the repository takes its place.
            FROM node:22-slim AS build
            LABEL sealdock.stage=build
            WORKDIR /app
            ENV PATH=/app/node_modules/.bin:$PATH NEXT_TELEMETRY_DISABLED=1
            COPY package.json yarn.lock ./
            RUN yarn install --frozen-lockfile
            COPY . .
            RUN yarn run build

            FROM node:22-slim
            ENV PATH=/app/node_modules/.bin:$PATH NODE_ENV=production
            COPY --from=build --chown=1000:1000 /app /app
            WORKDIR /app
            USER 1000:1000
            EXPOSE 8080
            CMD ["next","start"]
        "##]],
    );
}

#[test]
fn p6_vite_with_bun() {
    let package = r#"{"scripts": {"build": "vite build"}}"#;
    check(
        &[
            ("package.json", package),
            ("vite.config.ts", ""),
            ("bun.lock", ""),
        ],
        "",
        expect![[r##"
            # Vite: the repository has `vite.config.ts`.
            # Written by Sealdock. A Dockerfile in the repository takes its place.
            FROM oven/bun:1-slim AS build
            LABEL sealdock.stage=build
            WORKDIR /app
            ENV PATH=/app/node_modules/.bin:$PATH
            COPY package.json bun.lock ./
            RUN bun install --frozen-lockfile
            COPY . .
            RUN bun run build

            FROM scratch
            COPY --from=build ["/app/dist/","/site/"]
        "##]],
    );
}

#[test]
fn p6_python() {
    let main = "app = FastAPI()\n";
    check(
        &[
            ("requirements.txt", "uvicorn\nfastapi\n"),
            ("main.py", main),
        ],
        "",
        expect![[r##"
            # Python: the repository has `requirements.txt`.
            # Written by Sealdock. A Dockerfile in the repository takes its place.
            FROM python:3.13-slim AS build
            LABEL sealdock.stage=build
            WORKDIR /app
            ENV PATH=/venv/bin:$PATH
            RUN python -m venv /venv
            COPY requirements.txt ./
            RUN pip install --no-cache-dir -r requirements.txt
            COPY . .

            FROM python:3.13-slim
            ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
            COPY --from=build /venv /venv
            COPY --from=build --chown=65532:65532 /app /app
            WORKDIR /app
            USER 65532:65532
            EXPOSE 8080
            CMD ["/bin/sh","-c","exec uvicorn main:app --host 0.0.0.0 --port ${PORT}"]
        "##]],
    );
}

#[test]
fn p6_python_as_a_package() {
    check(
        &[("pyproject.toml", "[project]\nname = 'a'\n")],
        "build: {start: 'a --port $PORT', command: './prepare \"x y\"'}",
        expect![[r##"
            # Python: the repository has `pyproject.toml`.
            # Written by Sealdock. A Dockerfile in the repository takes its place.
            FROM python:3.13-slim AS build
            LABEL sealdock.stage=build
            WORKDIR /app
            ENV PATH=/venv/bin:$PATH
            RUN python -m venv /venv
            COPY . .
            RUN pip install --no-cache-dir .
            RUN ["/bin/sh","-c","./prepare \"x y\""]

            FROM python:3.13-slim
            ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
            COPY --from=build /venv /venv
            COPY --from=build --chown=65532:65532 /app /app
            WORKDIR /app
            USER 65532:65532
            EXPOSE 8080
            CMD ["/bin/sh","-c","a --port $PORT"]
        "##]],
    );
}

#[test]
fn p6_go() {
    check(
        &[("go.mod", ""), ("go.sum", ""), ("main.go", "")],
        "",
        expect![[r##"
            # Go: the repository has `go.mod`.
            # Written by Sealdock. A Dockerfile in the repository takes its place.
            FROM golang:1.25-bookworm AS build
            LABEL sealdock.stage=build
            WORKDIR /app
            ENV CGO_ENABLED=0
            COPY go.mod go.sum ./
            RUN go mod download
            COPY . .
            RUN go build -trimpath -o /out/bin/app .

            FROM gcr.io/distroless/cc-debian12
            COPY --from=build /out/bin/ /usr/local/bin/
            COPY --from=build --chown=65532:65532 /app /app
            WORKDIR /app
            USER 65532:65532
            EXPOSE 8080
            CMD ["app"]
        "##]],
    );
}

#[test]
fn p6_rust() {
    let manifest = "[package]\nname = \"shop\"\n[dependencies]\nserde = \"1\"\n";
    check(
        &[("Cargo.toml", manifest), ("Cargo.lock", "")],
        "",
        expect![[r##"
            # Rust: the repository has `Cargo.toml`.
            # Written by Sealdock. A Dockerfile in the repository takes its place.
            FROM rust:1-bookworm AS build
            LABEL sealdock.stage=build
            WORKDIR /app
            ENV CARGO_TARGET_DIR=/target
            COPY Cargo.toml Cargo.lock ./
            RUN mkdir src && touch src/main.rs src/lib.rs && cargo fetch --locked && rm -r src
            COPY . .
            RUN cargo install --locked --path . --root /out

            FROM gcr.io/distroless/cc-debian12
            COPY --from=build /out/bin/ /usr/local/bin/
            COPY --from=build --chown=65532:65532 /app /app
            WORKDIR /app
            USER 65532:65532
            EXPOSE 8080
            CMD ["shop"]
        "##]],
    );
}

#[test]
fn p6_a_site_that_python_builds() {
    check(
        &[("requirements.txt", "mkdocs\n")],
        "build: {command: mkdocs build, output: ./site dir/}",
        expect![[r##"
            # Python: the repository has `requirements.txt`.
            # Written by Sealdock. A Dockerfile in the repository takes its place.
            FROM python:3.13-slim AS build
            LABEL sealdock.stage=build
            WORKDIR /app
            ENV PATH=/venv/bin:$PATH
            RUN python -m venv /venv
            COPY requirements.txt ./
            RUN pip install --no-cache-dir -r requirements.txt
            COPY . .
            RUN mkdocs build

            FROM scratch
            COPY --from=build ["/app/site dir/","/site/"]
        "##]],
    );
}
