// SPDX-License-Identifier: Apache-2.0
// Samplers are chosen by name from a model's list; a list of samplers that other backbones need stands beside
// ours.
#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include <coco/sampling/samplers.hpp>

#include "conformance/sampler.hpp"
#include "sampling/sampler_sketches.hpp"

using namespace coco;

namespace {

constexpr Index items = 30;

data::Interactions people() {
    data::Interactions train;
    for (Index user = 0; user < 9; ++user) {
        std::vector<Id> all;
        for (Index i = 0; i < 2 + user; ++i) all.push_back(static_cast<Id>((user * 5 + i * 3) % items));
        train.add(all);
    }
    return train;
}

SamplerParts parts(Samples samples = Samples::prefixes) {
    Sampling sampling;
    sampling.samples = samples;
    sampling.window = 12;
    return {7, {100, 4}, 4, BatchBuilder(sampling, items), nullptr, nullptr};
}

using Sketched = Samplers<sketch::Cloze, sketch::Spans, sketch::FutureWindow>;

/// All batches of an epoch.
template <class Any>
std::vector<HostBatch> epoch_of(Any& sampler, const data::Interactions& train, Index epoch,
                                std::uint64_t step) {
    HostBatch b;
    sampler.prepare(b, train);
    std::vector<HostBatch> all;
    const Index count = sampler.begin_epoch(epoch);
    for (Index n = 0; n < count; ++n) {
        sampler.fill(b, train, n, step + static_cast<std::uint64_t>(n));
        all.push_back(b);
    }
    return all;
}

template <class Any>
Any chosen(const char* name, Samples samples = Samples::prefixes, bool sees_later_items = false) {
    Any any;
    any.select(name, parts(samples), sees_later_items);
    return any;
}

}  // namespace

TEST_CASE("samplers: ours and the sketches pass the conformance test", "[sampler]") {
    conformance::sampler<sampling::Prefixes>();
    conformance::sampler<sampling::EveryPosition>();
    conformance::sampler<sampling::OlderPrefixes>();
    conformance::sampler<sampling::OlderPositions>();
    conformance::sampler<sampling::HeldBack>();
    for (const Samples samples : {Samples::prefixes, Samples::positions}) {
        Sampling sampling;
        sampling.samples = samples;
        conformance::sampler<sampling::JointGroups>(sampling);
    }
    conformance::sampler<sketch::Cloze>({}, 1);
    conformance::sampler<sketch::Spans>({}, 1);
    conformance::sampler<sketch::FutureWindow>();
}

TEST_CASE("samplers: every target of an epoch once, by prefixes and by positions", "[sampler]") {
    const data::Interactions train = people();
    for (const char* const name : {"prefixes", "positions"}) {
        DefaultSamplers sampler = chosen<DefaultSamplers>(name);
        for (const Index epoch : {0, 1}) {
            std::multiset<std::pair<Id, Id>> targets, expected;
            for (const HostBatch& b : epoch_of(sampler, train, epoch, 5))
                for (std::size_t t = 0; t < b.target_item.size(); ++t)
                    targets.insert({b.owner[t], b.target_item[t]});
            for (Id user = 0; user < static_cast<Id>(train.users()); ++user)
                for (const Id item : train.of(user).subspan(1)) expected.insert({user, item});
            CHECK(targets == expected);
        }
    }
}

TEST_CASE("samplers: an unknown name says which there are; a model that would read its targets is refused",
          "[sampler]") {
    CHECK_THROWS_WITH(chosen<DefaultSamplers>("spans", Samples::prefixes, false),
                      "sampler: unknown name: expected one of prefixes, positions, joint, older prefixes, "
                      "older positions, held back, held back groups, cloze, found spans");
    CHECK_THROWS_WITH(chosen<DefaultSamplers>("cloze", Samples::prefixes, true),
                      Catch::Contains("sampler cloze: the backbone has no vector for masked items"));
    CHECK_THROWS_WITH(chosen<Sketched>("joint", Samples::prefixes, false),
                      Catch::Contains("one of cloze, spans, future"));
    CHECK_NOTHROW(chosen<DefaultSamplers>("prefixes", Samples::prefixes, true));
    CHECK_NOTHROW(chosen<DefaultSamplers>("joint", Samples::prefixes, true));
    for (const auto& make : {+[] { chosen<DefaultSamplers>("positions", Samples::prefixes, true); },
                             +[] { chosen<DefaultSamplers>("joint", Samples::positions, true); },
                             +[] { chosen<Sketched>("future", Samples::prefixes, true); }})
        CHECK_THROWS_WITH(
            make(), Catch::Contains("the model's rows may see later items, and would read their targets"));
    CHECK_NOTHROW(chosen<Sketched>("cloze", Samples::prefixes, true));
    CHECK(Sketched::default_name == std::string("cloze"));
}

TEST_CASE("samplers: batches are a function of epoch and step", "[sampler]") {
    const data::Interactions train = people();
    const auto same = [](const std::vector<HostBatch>& a, const std::vector<HostBatch>& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const HostBatch& x, const HostBatch& y) {
            return x.item == y.item && x.target_row == y.target_row && x.target_item == y.target_item;
        });
    };
    for (const char* const name : {"cloze", "spans", "future"}) {
        auto one = chosen<Sketched>(name, Samples::prefixes, false),
             two = chosen<Sketched>(name, Samples::prefixes, false);
        const auto first = epoch_of(one, train, 0, 0);
        epoch_of(two, train, 3, 9);
        CHECK(same(first, epoch_of(two, train, 0, 0)));
        CHECK(!same(first, epoch_of(one, train, 1, 3)));
    }
}

TEST_CASE("samplers: cloze shows no item that it asks for; spans come in threes; the future is near",
          "[sampler]") {
    const data::Interactions train = people();
    auto cloze = chosen<Sketched>("cloze", Samples::prefixes, true);
    for (const HostBatch& b : epoch_of(cloze, train, 2, 11))
        for (std::size_t t = 0; t < b.target_row.size(); ++t)
            CHECK(b.item[static_cast<std::size_t>(b.target_row[t])] == items);
    auto spans = chosen<Sketched>("spans", Samples::prefixes, true);
    for (const HostBatch& b : epoch_of(spans, train, 0, 0)) CHECK(b.segments.count() == 3 * b.targets());
    auto future = chosen<Sketched>("future", Samples::prefixes, false);
    for (const HostBatch& b : epoch_of(future, train, 0, 0))
        for (std::size_t t = 0; t < b.target_row.size(); ++t) {
            const auto all = train.of(b.owner[t]);
            const auto at =
                std::find(all.begin(), all.end(), b.item[static_cast<std::size_t>(b.target_row[t])]);
            const auto ahead = std::find(at, all.end(), b.target_item[t]) - at;
            CHECK((ahead >= 1 && ahead <= 3));
        }
}
