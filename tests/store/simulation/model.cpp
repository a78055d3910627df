#include "store/simulation/model.h"

#include <algorithm>

#include "store/simulation/causes.h"
#include "store/simulation/true_bytes.h"

namespace mediafs::simulation {

namespace {

constexpr Duration kDeadline{30'000};     // MediaStore::Options::deadline
constexpr Duration kLongestRead{30'500};  // the deadline, and a moment
constexpr Duration kLongestOpen{33'000};  // whether it is still there is waited for before that
constexpr Duration kLongestGoodbye{100};  // for who has stopped waiting
/// A head can come so long before what it leads to is met here: by way of what nobody waited for.
constexpr Duration kUnseen{60'000};

std::string_view name_of(Question::Kind kind) {
  constexpr std::string_view kNames[] = {"find", "open", "read"};
  return kNames[static_cast<int>(kind)];
}

}  // namespace

std::shared_ptr<Question> Model::ask(Question::Kind kind, OriginMedia& media, MediaItemRef item,
                                     ByteRange range) {
  auto question = std::make_shared<Question>(Question{.number = ++last_number_,
                                                      .kind = kind,
                                                      .media = &media,
                                                      .item = std::move(item),
                                                      .range = range,
                                                      .asked = clock_.now()});
  media.forgotten = false;
  trace_.event(10, question->number, kind, range.offset, range.length);
  waiting_.push_back(question);
  return question;
}

void Model::stop(const std::shared_ptr<Question>& question) {
  if (!question->answered && !question->stopped) question->stopped = clock_.now();
}

void Model::close(Question& question) {
  ++answered_;
  if (std::exchange(question.answered, true))
    trace_.wrong("{} {} of {} is answered twice", name_of(question.kind), question.number,
                 question.media->what);
  waiting_.remove_if([&](const auto& one) { return one.get() == &question; });
}

void Model::answer(Question& question, const Result<MediaItemRef>& found) {
  close(question);
  trace_.event(11, question.number, found ? 1000 : static_cast<int>(found.error().code));
  trace_.say("  {} {} of {}: {}", name_of(question.kind), question.number, question.media->what,
             found ? "found" : to_string(found.error().code));
  if (!found) return judge(question, found.error().code);
  if (*found == nullptr) return trace_.wrong("an answer without an item");
  if (!(*found)->from_listing_only()) return meet(**found);
  if (question.kind == Question::Kind::open) trace_.wrong("{}: a claim is confirmed", question.media->what);
}

void Model::answer(Question& question, const Result<Slices>& read) {
  close(question);
  trace_.event(12, question.number, read ? 1000 : static_cast<int>(read.error().code));
  trace_.say("  read {} of {}: {}", question.number, question.media->what,
             read ? "bytes" : to_string(read.error().code));
  Known& known = known_.at(question.item->revision);
  question.answered_well = read.ok();
  if (read) return check_bytes(question, known, *read);
  judge(question, read.error().code);
  check_hopeless(question, read.error().code);
  const auto now = catalog_ == nullptr ? nullptr : catalog_->find(question.media->id);
  // What readers may have had of a corrupt body is no version any more; what was held back is asked for anew.
  const bool was_corrupt = read.error().code == Errc::corrupt && question.item->size > kSmallMedia;
  const bool is_over = was_corrupt || !now || now->revision != question.item->revision;
  if (is_over && !stopping_ && !known.dead) known.dead = last_number_;
}

void Model::meet(const MediaItem& item) {
  OriginMedia& media = origin_.media(item.id);
  const auto [place, is_new] = known_.try_emplace(item.revision);
  Known& known = place->second;
  if (!is_new) return check_said_to_be_verified(item, known);
  known.media = &media;
  known.met = clock_.now();
  known.tagged = !item.etag.empty();
  known.size = item.size;
  known.etag = item.etag;
  look_what_it_may_be(known);
  if (known.may_be.empty())
    trace_.wrong("{}: an item of {} bytes, tag {}, that no version is", media.what, item.size, item.etag);
  check_said_to_be_verified(item, known);
}

/// An item says that its signature need not be waited for once a body has proved it, and not before. Without
/// a tag it says so of what came before, and each body that comes proves itself.
void Model::check_said_to_be_verified(const MediaItem& item, const Known& known) {
  const OriginMedia& media = *known.media;
  if (item.unverified || !known.tagged || known.may_be.empty()) return;
  const bool may_say_so = std::any_of(known.may_be.begin(), known.may_be.end(), [&](std::size_t i) {
    return !media.versions[i].is_signed || media.proved[i] != kNever;
  });
  if (!may_say_so) trace_.wrong("{}: an item that is signed, and said to be verified", media.what);
}

/// Until bytes have told: what has no tag may be what is sent only now.
void Model::look_what_it_may_be(Known& known) {
  if (known.told) return;
  const OriginMedia& media = *known.media;
  known.may_be.clear();
  for (std::size_t i = 0; i < media.versions.size(); ++i) {
    const Version& version = media.versions[i];
    // Of what has neither a tag nor a length nobody knows before its end that it is of another size.
    const bool size_fits = version.size == known.size || (!known.tagged && media.sent_unsized[i]);
    if (size_fits && version.etag == known.etag && media.heads[i] != kNever) known.may_be.push_back(i);
  }
}

void Model::judge_stale(OriginMedia& media, SteadyTime asked, Errc why) {
  if (why == Errc::changed) return;  // what it is called where nothing else is remembered
  origin_.note_what_lasts(media);
  const Circumstances c{.asked = asked, .last_fault = origin_.last_fault(), .said = media.failures};
  if (!has_cause(why, c)) trace_.wrong("{}: stale by {} without a cause", media.what, to_string(why));
}

/// What a healthy stream brings is not failed for the failure of another, but where the wait itself was too
/// long, or just was for the same place.
void Model::check_hopeless(const Question& question, Errc failure) {
  if (failure == Errc::changed || failure == Errc::corrupt || failure == Errc::cancelled) return;
  if (clock_.now() >= question.asked + kDeadline) late_ = clock_.now();
  if (late_ != kNever && clock_.now() <= late_ + kRemembered) return;
  if (origin_.brings(*question.media, question.item->etag, question.range))
    trace_.wrong("read {} of {} fails with {}, though a stream brings it", question.number,
                 question.media->what, to_string(failure));
}

bool Model::superseded(const Known& known) const {
  const OriginMedia& media = *known.media;
  const SteadyTime since = known.tagged ? known.met : known.met - kUnseen;
  const auto erased = erased_.find(&media);
  if (erased != erased_.end() && erased->second >= known.met) return true;
  if (media.tampered != kNever && media.tampered >= known.met - kUnseen) return true;
  if (!known.tagged && lossy_ != kNever && lossy_ >= known.met)
    return true;  // nothing tells what comes instead
  // Its bytes have been another version's, and their end tells.
  if (known.told && !known.may_be.empty() && media.versions[known.may_be[0]].size != known.size) return true;
  for (std::size_t i = 0; i < media.heads.size(); ++i) {
    const bool another = !known.told || known.may_be[0] != i;
    if (another && media.heads[i] != kNever && media.heads[i] >= since && media.versions.size() > 1)
      return true;
  }
  return false;
}

void Model::judge(const Question& question, Errc failure) {
  origin_.note_what_lasts(*question.media);
  const auto erased = erased_.find(question.media);
  const bool is_read = question.kind == Question::Kind::read;
  const Circumstances c{.asked = question.asked,
                        .stopped = question.stopped || stopping_,
                        .superseded = is_read && superseded(known_.at(question.item->revision)),
                        .is_find = !is_read,
                        .erased = erased == erased_.end() ? kNever : erased->second,
                        .last_fault = origin_.last_fault(),
                        .said = question.media->failures};
  if (!has_cause(failure, c))
    return trace_.wrong("{} {} of {} fails with {}, without a cause", name_of(question.kind), question.number,
                        question.media->what, to_string(failure));
  // Others are told of it for a moment; who is told at once is not the cause of the next.
  const bool is_the_origins =
      failure != Errc::cancelled && failure != Errc::changed && failure != Errc::not_found;
  if (is_the_origins && clock_.now() > question.asked) question.media->failures.note(failure, clock_.now());
}

void Model::check_bytes(const Question& question, Known& known, const Slices& slices) {
  const OriginMedia& media = *question.media;
  if (known.dead && question.number > *known.dead)
    return trace_.wrong("read {} of {}: bytes of a version that is no more", question.number, media.what);
  std::uint64_t length = 0;
  for (const Slice& slice : slices) length += slice.bytes.size();
  if (length != question.range.length)
    return trace_.wrong("read {} of {}: {} bytes of {}", question.number, media.what, length,
                        question.range.length);
  const auto now = catalog_->find(media.id);
  const bool complete = now && now->revision == question.item->revision && now->complete;
  look_what_it_may_be(known);
  known.told = true;
  std::erase_if(known.may_be, [&](std::size_t i) {
    const Version& version = media.versions[i];
    const bool all_proved = !version.is_signed || version.size <= kSmallMedia;
    const SteadyTime since = all_proved ? SteadyTime::max() : complete ? media.proved[i] : kNever;
    return !is_of(question, version, i, since, slices);
  });
  if (known.may_be.empty())
    return trace_.wrong("read {} of {}: bytes that are not its version's", question.number, media.what);
  check_proved(question, known);
  check_disproved(question, known);
}

/// What was found wrong at its end is no version any more, whoever has it open.
void Model::check_disproved(const Question& question, const Known& known) {
  const SteadyTime disproved = question.media->disproved[known.may_be.front()];
  if (known.may_be.size() == 1 && known.met < disproved && question.asked > disproved)
    trace_.wrong("read {} of {}: bytes of a body that was found wrong", question.number,
                 question.media->what);
}

/// A byte may be wrong that the origin has sent wrong since then: what the cache has lost of a version that
/// was proved comes again, and is as good as any body until its end.
bool Model::is_of(const Question& question, const Version& version, std::size_t number,
                  SteadyTime unproved_since, const Slices& slices) const {
  std::uint64_t offset = question.range.offset;
  for (const Slice& slice : slices) {
    ByteView rest = slice.bytes;
    std::uint64_t from = offset;
    while (const auto wrong = first_difference(version.seed, from, rest)) {
      const auto flipped = question.media->flipped.find({number, *wrong});
      if (flipped == question.media->flipped.end() || flipped->second < unproved_since) return false;
      rest = rest.subspan(static_cast<std::size_t>(*wrong + 1 - from));
      from = *wrong + 1;
    }
    offset += slice.bytes.size();
  }
  return true;
}

/// What a signature is to prove is not given before it has.
void Model::check_proved(const Question& question, const Known& known) {
  const OriginMedia& media = *question.media;
  const std::size_t number = known.may_be.front();
  const Version& version = media.versions[number];
  if (known.may_be.size() > 1 || !version.is_signed || media.proved[number] != kNever) return;
  if (version.size != known.size) return;  // nothing but its end tells that it is not the one that was opened
  if (version.size <= kSmallMedia)
    return trace_.wrong("read {} of {}: before its signature was verified", question.number, media.what);
  const std::uint64_t last_chunk = (version.size - 1) / kChunkSize * kChunkSize;
  if (question.range.end() > last_chunk && !media.unproved_tails[number])
    trace_.wrong("read {} of {}: its end, before its signature was verified", question.number, media.what);
}

void Model::erased(OriginMedia& media) {
  for (auto& [revision, known] : known_) {
    if (known.media == &media) known.dead = 0;
  }
}

void Model::check_nobody_is_forgotten() {
  for (const auto& question : waiting_) {
    const Duration most = question->kind == Question::Kind::open ? kLongestOpen : kLongestRead;
    const bool late = clock_.now() > question->asked + most;
    const bool kept = question->stopped && clock_.now() > *question->stopped + kLongestGoodbye;
    if (late || kept)
      trace_.wrong("{} {} of {} is not answered{}", name_of(question->kind), question->number,
                   question->media->what, kept ? ", though its asker has gone" : "");
  }
}

std::vector<Model::Gone> Model::gone() const {
  std::vector<Gone> gone;
  for (const auto& [revision, known] : known_) {
    if (known.dead) gone.push_back({known.media->id, revision});
  }
  return gone;
}

}  // namespace mediafs::simulation
