#include "mediafs/api/api_client.h"

#include "api/api_shared.h"
#include "api/listing_fetch.h"
#include "api/media_fetch.h"

namespace mediafs {

ApiClient::ApiClient(Options options, HttpTransport& http, Timer& timer)
    : shared_(std::make_shared<ApiShared>(std::move(options), http, timer)) {}

ApiClient::~ApiClient() = default;

void ApiClient::replace_secrets(std::vector<SecretString> secrets) {
  shared_->replace_secrets(std::move(secrets));
}

ApiStats ApiClient::stats() const {
  ApiStats stats;
  shared_->gate->add_to(stats);
  shared_->counters.add_to(stats);
  return stats;
}

void ApiClient::on_state_change(std::function<void(ApiStats::State)> listener) {
  shared_->gate->on_state_change(std::move(listener));
}

std::shared_ptr<Fetch> ApiClient::fetch(FetchRequest request, std::shared_ptr<MediaSink> sink) {
  auto url = shared_->base.media(request.id);
  return std::make_shared<MediaFetch>(shared_, std::move(url), std::move(request), std::move(sink));
}

std::shared_ptr<Request> ApiClient::list(const ListingKey& key, Priority priority, SteadyTime deadline,
                                         Done<Listing> done) {
  return std::make_shared<ListingFetch>(shared_, key, priority, deadline, std::move(done));
}

}  // namespace mediafs
