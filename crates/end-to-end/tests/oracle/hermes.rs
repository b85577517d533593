//! The Rust client of Hermes.

use std::future::poll_fn;
use std::pin::Pin;

use futures_core::Stream;
use practice_market::Asset;
use pyth_hermes_client::{AssetType, Error, PriceUpdate, PythClient};
use testkit::tools;

use super::World;

async fn next(
    stream: &mut Pin<Box<impl Stream<Item = Result<PriceUpdate, Error>>>>,
) -> PriceUpdate {
    let update = poll_fn(|context| stream.as_mut().poll_next(context)).await;
    update.expect("the stream goes on").expect("a message that it can read")
}

#[test]
fn the_crate_reads_prices_and_is_told_that_there_are_none() {
    let _alone = tools::alone();
    let world = World::start();
    let client = PythClient::new(world.oracle.url().parse().expect("a URL"));
    runtime::task::block_on(async {
        let feeds = client.price_feeds("btc".to_owned(), Some(AssetType::Crypto)).await;
        let id = feeds.expect("feeds").remove(0).id;
        let latest =
            client.latest_price_update(vec![id.clone()], None, Some(true)).await.expect("a price");
        let parsed = latest.parsed.expect("it is asked for").remove(0);
        let price = parsed.price;
        let number: f64 = format!("{}e{}", price.price, price.expo).parse().expect("a number");
        assert!((number / world.worth(Asset::Btc) - 1.0).abs() < 0.01, "{price:?}");
        assert!(price.conf > 0, "{price:?}");
        assert_eq!(latest.binary.decode().expect("hex")[0].len(), 32);
        let then = u64::try_from(price.publish_time).expect("after 1970");
        let then = client.price_update(then, vec![id.clone()], None, Some(true)).await;
        assert_eq!(then.expect("a price of then").parsed.map(|parsed| parsed.len()), Some(1));
        let stream = client.stream_price_updates(vec![id.clone()], None, Some(true), None, None);
        let mut stream = Box::pin(stream.await.expect("a stream"));
        for _ in 0..4 {
            assert_eq!(next(&mut stream).await.parsed.map(|parsed| parsed.len()), Some(1));
        }
        world.cut().await;
        while next(&mut stream).await.parsed.is_some_and(|parsed| !parsed.is_empty()) {}
        let refused = client.latest_price_update(vec![id], None, Some(true)).await;
        let refused = refused.expect_err("there is no price").to_string();
        assert!(refused.contains("503"), "{refused}");
        println!("pyth-hermes-client 0.7.0: {number} {refused}");
    });
}
