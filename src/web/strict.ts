/** Imported before all else: the page's policy forbids code from texts, which zod would try. */
import { z } from "zod";

z.config({ jitless: true });
