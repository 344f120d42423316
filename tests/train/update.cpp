// SPDX-License-Identifier: Apache-2.0
// Two trainers that average their gradients through a communicator, here threads of one process: with the
// same users they take the steps of one; with half of the users each, those of one that has them all.
#include <algorithm>
#include <array>
#include <barrier>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <thread>
#include <vector>

#include <coco/host/host.hpp>

#include "small_shop.hpp"

using namespace coco;
using test::Plain;

namespace {

/// Where two meet.
struct Meeting {
    std::barrier<> both{2};
    std::array<std::vector<double>, 2> numbers;
    std::array<bool, 2> truth{};
};

struct Pair {
    std::shared_ptr<Meeting> at;
    std::size_t who = 0;

    void all_reduce(List<double, space::Host> x) {
        at->numbers[who].assign(x.data, x.data + x.size);
        at->both.arrive_and_wait();
        for (Index i = 0; i < x.size; ++i) {
            const std::size_t k = static_cast<std::size_t>(i);
            x.data[i] = (at->numbers[0][k] + at->numbers[1][k]) / 2;
        }
        at->both.arrive_and_wait();
    }
    bool any(bool mine) {
        at->truth[who] = mine;
        at->both.arrive_and_wait();
        const bool found = at->truth[0] || at->truth[1];
        at->both.arrive_and_wait();
        return found;
    }
};

using One = BasicHost<double>;
using Half = BasicHost<double, Pair>;

TrainConfig<Plain> shared_config() {
    auto config = test::small_config<Plain>();
    config.sampling.samples = Samples::positions;
    config.schedule.batch.samples = 1000;
    config.schedule.epochs = 3;
    config.schedule.joint_epochs = 0;
    // A key's bias has no gradient but rounding: with 1e-8 Adam would take steps of full size by its sign.
    config.optimizer.epsilon = 1e-4;
    return config;
}

/// Six items of each of the users from `first` on, in steps of `step`. The others have none: a user's number
/// keys random bits.
data::Split split(Index first, Index step) {
    data::Interactions histories;
    for (Index u = 0; u < 40; ++u) {
        std::vector<Id> items;
        for (Index i = 0; i < 6 && (u - first) % step == 0; ++i)
            items.push_back(static_cast<Id>((u * 7 + i * (1 + u % 3)) % 30));
        histories.add(items);
    }
    return data::leave_one_out(histories);
}

template <class P>
std::vector<double> trained(const TrainConfig<Plain>& config, const data::Split& s, std::shared_ptr<P> on) {
    data::Catalogue catalogue;
    for (int i = 0; i < 30; ++i) catalogue.add(text_of("item", i), {});
    Trainer<Plain, P> trainer(config, catalogue, on);
    // Both choose the best epoch by the same users.
    trainer.fit(s.train, split(0, 1).valid);
    std::vector<double> all;
    for (const ParameterBlock block : {ParameterBlock::dense, ParameterBlock::table}) {
        const auto& values = trainer.model().parameters->block(block);
        all.insert(all.end(), values.data(), values.data() + values.size());
    }
    return all;
}

std::array<std::vector<double>, 2> pair(const TrainConfig<Plain>& config, const data::Split& a,
                                        const data::Split& b) {
    const auto meeting = std::make_shared<Meeting>();
    std::array<std::vector<double>, 2> out;
    std::thread other([&] { out[1] = trained(config, b, std::make_shared<Half>(1, Pair{meeting, 1})); });
    out[0] = trained(config, a, std::make_shared<Half>(1, Pair{meeting, 0}));
    other.join();
    return out;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    double most = 0;
    for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
    return most;
}

}  // namespace

TEST_CASE("together: two with the same users take the steps of one", "[together]") {
    const TrainConfig<Plain> config = shared_config();
    const std::vector<double> alone = trained(config, split(0, 1), std::make_shared<One>(1));
    const auto two = pair(config, split(0, 1), split(0, 1));
    CHECK(two[0] == two[1]);
    CHECK(largest_difference(two[0], alone) < 1e-11);
}

TEST_CASE("together: two with half of the users each take the steps of one with all", "[together]") {
    const TrainConfig<Plain> config = shared_config();
    const std::vector<double> alone = trained(config, split(0, 1), std::make_shared<One>(1));
    const auto two = pair(config, split(0, 2), split(1, 2));
    CHECK(two[0] == two[1]);
    CHECK(largest_difference(two[0], alone) < 1e-11);
}
