#include <future>

#include "store/store_fixture.h"

namespace mediafs {
namespace {

/// What a listing says of a media's size reaches whoever judges its body.
class ListedMediaTest : public StoreFixture {
 protected:
  void list_with(std::uint64_t size) {
    Listing listing{.key = {ListingKind::session_media, id_of("5e551011-0000-4000-8000-000000000001")}};
    listing.media.push_back({.id = id_of(kSmall), .content_type = "image/jpeg", .size = size});
    catalog_->remember_listing(std::move(listing));
  }
  Result<MediaItemRef> confirm() {
    auto promise = std::make_shared<std::promise<Result<MediaItemRef>>>();
    store_->confirm(id_of(kSmall),
                    [promise](Result<MediaItemRef> item) { promise->set_value(std::move(item)); });
    return wait(promise->get_future());
  }
};

TEST_F(ListedMediaTest, AnEmptyBodyIsNotServedWhereTheListingSaysMore) {
  start();
  list_with(300'000);
  server_.set_rules("* * empty");
  const auto item = confirm();
  ASSERT_FALSE(item.ok());
  EXPECT_EQ(to_string(item.error().code), to_string(Errc::protocol)) << item.error().context;
  EXPECT_EQ(server_.requests_for(kSmall), 2U);
  EXPECT_TRUE(catalog_->find(id_of(kSmall))->from_listing_only()) << "nothing of it is kept";
}

TEST_F(ListedMediaTest, AnEmptyBodyIsServedWhereTheListingSaysSoToo) {
  start();
  list_with(0);
  server_.set_rules("* * empty + no-signature");
  const auto item = confirm();
  ASSERT_TRUE(item.ok()) << item.error().context;
  EXPECT_EQ((*item)->size, 0U);
  EXPECT_EQ(server_.requests_for(kSmall), 1U);
}

}  // namespace
}  // namespace mediafs
