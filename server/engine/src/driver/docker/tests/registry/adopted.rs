//! What becomes of an image that was pulled (P-19): it goes with our tag, and with no tag of others.

use super::super::builds::{build, context, tag};
use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn p19_a_pulled_image_goes_with_our_tag_unless_somebody_else_has_a_name_for_it() {
    let Some(here) = Here::new("adopted").await else {
        return;
    };
    let Some(registry) = Registry::start().await else {
        return;
    };
    let (docker, lines, login) = (here.docker(), Kept::default(), registry.login(PASSWORD));
    let (made, ours, second) = (tag("made"), tag("adopted"), tag("adopted-too"));
    let text = format!("FROM scratch\nLABEL adopted={ours}\nCOPY app /app\n");
    let built = build(&docker, context(&text).path(), &made, &lines).await;
    let image = built.expect("the image builds").digest().to_owned();
    let repository = format!("{}/adopted", registry.host);
    let name = push(&docker, &image, &repository, &login).await;
    assert!(docker.discard(&made).await.expect("removed"));
    let is_here = async |name: &str| docker.find(name).await.expect("an answer").is_some();
    assert!(!is_here(&image).await, "only the registry has it");

    // Two at once, as two deployments of one image are.
    let adopt = |tag: String| {
        let (docker, name, login, lines) = (&docker, &name, &login, &lines);
        async move { docker.adopt(name, &tag, Some(login), lines).await }
    };
    let (one, two) = tokio::join!(adopt(ours.clone()), adopt(second.clone()));
    for pulled in [one, two] {
        assert_eq!(pulled.expect("pulled").digest(), image);
    }
    assert!(!is_here(&name).await, "the pull's own name stays");
    assert!(docker.discard(&second).await.expect("removed"));
    assert!(is_here(&image).await, "another deployment has it");
    assert!(docker.discard(&ours).await.expect("removed"));
    assert!(!is_here(&image).await, "nobody has it, and it stays");

    // Somebody pulled it by hand before.
    docker
        .pull(&name, Some(&login), &lines)
        .await
        .expect("pulled");
    adopt(ours.clone()).await.expect("pulled again");
    assert!(is_here(&name).await, "a person's name went");
    assert!(docker.discard(&ours).await.expect("removed"));
    assert!(is_here(&name).await, "a person's image went");
    forget(&docker, &name).await;
    assert!(!is_here(&image).await);
}
