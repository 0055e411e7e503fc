//! A Kafka with TLS, SCRAM, OAUTHBEARER, client certificates and ACLs: the services work with it, lose
//! nothing, and name what refuses them.

mod refusals;
mod secured;
mod token;

use futures::future::join_all;

use self::secured::Secured;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Java, Maven and openssl; run by cargo xtask test"]
async fn a_secured_kafka_is_used_and_its_refusals_are_named() {
    let secured = Secured::start().await;
    secured.expect_work("password", &secured.with_password(), "zstd").await;
    secured.expect_work("certificate", &secured.with_certificate(), "lz4").await;
    let mut oauth = secured.with_password();
    oauth.extend([
        ("KAFKA__SECURITY__MECHANISM", "OAUTHBEARER".to_owned()),
        ("KAFKA__SECURITY__OAUTH__TOKEN_URL", token::endpoint().await),
        ("KAFKA__SECURITY__OAUTH__CLIENT_ID", "client".to_owned()),
        ("KAFKA__SECURITY__OAUTH__CLIENT_SECRET", "secret".to_owned()),
    ]);
    secured.expect_work("token", &oauth, "gzip").await;
    secured.expect_complete_archive(&secured.with_password(), "snappy").await;

    let refusals = refusals::all(&secured);
    let expected = refusals.iter().flat_map(|refusal| {
        refusal.services.iter().map(|service| refusal.expect(&secured, service))
    });
    join_all(expected).await;
}
