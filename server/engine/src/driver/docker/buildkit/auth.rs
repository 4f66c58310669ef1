//! What opens the registries of a build's base images, told to the builder when it asks.

use crate::driver::Login;
use bollard_buildkit_proto::moby::filesync::v1::auth_server::Auth;
use bollard_buildkit_proto::moby::filesync::v1::{
    CredentialsRequest, CredentialsResponse, FetchTokenRequest, FetchTokenResponse,
    GetTokenAuthorityRequest, GetTokenAuthorityResponse, VerifyTokenAuthorityRequest,
    VerifyTokenAuthorityResponse,
};
use domain::credential::HUB;
use tonic::{Request, Response, Status};

/// By its one method; the others are not exposed, and the builder does without.
pub const METHOD: &str = "/moby.filesync.v1.Auth/Credentials";
/// What the builder calls the Hub.
const HUB_HOST: &str = "registry-1.docker.io";

/// What the deployment's organization has.
pub struct Keys(pub Vec<Login>);

impl Keys {
    /// Nothing, in the builder's words, where the registry is not known: it goes on as everybody.
    fn of(&self, host: &str) -> CredentialsResponse {
        let wanted = if host == HUB_HOST { HUB } else { host };
        let found = self.0.iter().find(|login| login.registry == wanted);
        found.map_or_else(CredentialsResponse::default, |login| CredentialsResponse {
            username: login.username.clone(),
            secret: login.password.clone(),
        })
    }
}

#[tonic::async_trait]
impl Auth for Keys {
    async fn credentials(
        &self,
        request: Request<CredentialsRequest>,
    ) -> Result<Response<CredentialsResponse>, Status> {
        Ok(Response::new(self.of(&request.into_inner().host)))
    }

    async fn fetch_token(
        &self,
        _: Request<FetchTokenRequest>,
    ) -> Result<Response<FetchTokenResponse>, Status> {
        Err(not_here())
    }

    async fn get_token_authority(
        &self,
        _: Request<GetTokenAuthorityRequest>,
    ) -> Result<Response<GetTokenAuthorityResponse>, Status> {
        Err(not_here())
    }

    async fn verify_token_authority(
        &self,
        _: Request<VerifyTokenAuthorityRequest>,
    ) -> Result<Response<VerifyTokenAuthorityResponse>, Status> {
        Err(not_here())
    }
}

fn not_here() -> Status {
    Status::unimplemented("the builder fetches its tokens itself")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i16_the_builder_is_told_of_the_registry_that_it_asks_for() {
        let login = |registry: &str| Login {
            registry: registry.into(),
            username: registry.into(),
            password: "hunter22".into(),
        };
        let keys = Keys(vec![login("r.example:5000"), login(HUB)]);
        assert_eq!(keys.of("r.example:5000").username, "r.example:5000");
        assert_eq!(keys.of("registry-1.docker.io").username, HUB);
        assert_eq!(keys.of("r.example"), CredentialsResponse::default());
    }
}
