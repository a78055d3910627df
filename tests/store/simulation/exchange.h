#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "store/simulation/simulated_origin.h"

namespace mediafs::simulation {

/// Knows what it has seen instead of computing it. Without secrets the real one computes nothing.
struct SimulatedOrigin::Verifier final : public BodyVerifier {
  explicit Verifier(std::size_t of) : BodyVerifier("", {}), version(of) {}

  const std::size_t version;
  std::uint64_t position = 0;  // it has seen everything before
  bool wrong = false;          // it has seen what does not belong there
};

/// One GET and its answer.
class SimulatedOrigin::Exchange final : public Fetch, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(SimulatedOrigin& origin, OriginMedia& media, FetchRequest request, std::shared_ptr<MediaSink> sink)
      : origin_(origin), media_(media), request_(std::move(request)), sink_(std::move(sink)) {}

  void begin() override;
  void cancel() override;
  void resume() override;
  void hasten() override { hastened_ = true; }
  [[nodiscard]] std::optional<Error> last_retry_error() override;

  /// The weather is calm: it comes to a good end, or to a quick one.
  void heal();
  void note_what_lasts();
  [[nodiscard]] OriginMedia& media() const { return media_; }
  [[nodiscard]] bool is_live_stream() const { return !cancelled_ && !stopped_ && !request_.existence; }
  [[nodiscard]] bool brings(const std::string& etag, ByteRange range) const;
  [[nodiscard]] bool is_retry() const { return request_.fresh_connection; }
  [[nodiscard]] bool is_paused() const { return paused_; }
  [[nodiscard]] std::uint64_t media_size() const { return media_.versions[version_].size; }

 private:
  using Next = void (Exchange::*)();

  void later(SteadyTime::duration delay, Next next);
  [[nodiscard]] bool is_range() const { return request_.offset > 0; }
  bool fails_before_head();
  void send_head();
  MediaHead make_head();
  void send_piece();
  [[nodiscard]] bool interrupted();
  [[nodiscard]] std::size_t next_length() const;
  void pass(std::size_t length);
  void took(std::size_t length);
  void end_body();
  void note_before_passing(std::size_t length);
  void give_up() { fail(Errc::timed_out); }
  void fail(Errc code);
  void end_cancelled() { end(Error{Errc::cancelled, "cancelled"}); }
  void end(Status outcome);
  void note_end(const Status& outcome);

  SimulatedOrigin& origin_;
  OriginMedia& media_;
  const FetchRequest request_;
  std::shared_ptr<MediaSink> sink_;
  Plan plan_;
  std::uint64_t number_ = 0;
  std::uint64_t turn_ = 0;  // of the job that is next; an earlier one is void
  std::size_t version_ = 0;
  std::shared_ptr<Verifier> verifier_;
  std::uint64_t first_ = 0;  // of the body, in the media
  std::uint64_t position_ = 0;
  std::uint64_t end_ = 0;
  bool begun_ = false;
  bool hastened_ = false;
  bool head_sent_ = false;
  bool partial_ = false;
  bool paused_ = false;
  bool resumed_ = false;  // while it was not paused, or not yet
  bool stalled_ = false;
  bool cancelled_ = false;
  bool stopped_ = false;
};

}  // namespace mediafs::simulation
